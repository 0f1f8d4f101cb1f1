import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module';
import { StatusModule } from '../status/status.module';
import { FLUSH_MS, WhileHolding } from '../status/while-holding';
import { AccountBudget } from './account-budget';
import { LoginBudget } from './login-budget';

const CLEAN_UP_MS = 3_600_000;

@Module({
  imports: [GatewaysModule, StatusModule],
  providers: [AccountBudget, LoginBudget],
  exports: [AccountBudget, LoginBudget],
})
export class LoginBudgetModule {
  constructor(holding: WhileHolding, accounts: AccountBudget, logins: LoginBudget) {
    holding.add({
      load: () => accounts.load(),
      repeated: [
        { everyMs: FLUSH_MS, run: () => void logins.flush() },
        { everyMs: FLUSH_MS, run: () => void accounts.flush() },
        { everyMs: CLEAN_UP_MS, run: () => void accounts.cleanUp(), isRunAtStart: true },
      ],
    });
  }
}
