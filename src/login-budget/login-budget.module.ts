import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CryptoModule } from '../crypto/crypto.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { StatusModule } from '../status/status.module';
import { FLUSH_MS, WhileHolding } from '../status/while-holding';
import { AccountBudget } from './account-budget';
import { GatewayAccount } from './gateway-account.entity';
import { GatewayAccountsRepository } from './gateway-accounts.repository';
import { GatewayLogin } from './gateway-login.entity';
import { GatewayLoginsRepository } from './gateway-logins.repository';
import { LoginBudget } from './login-budget';

const CLEAN_UP_MS = 3_600_000;

@Module({
  imports: [CryptoModule, OwnershipModule, StatusModule, TypeOrmModule.forFeature([GatewayAccount, GatewayLogin])],
  providers: [AccountBudget, LoginBudget, GatewayAccountsRepository, GatewayLoginsRepository],
  exports: [AccountBudget, LoginBudget],
})
export class LoginBudgetModule {
  constructor(holding: WhileHolding, accounts: AccountBudget, logins: LoginBudget) {
    holding.add({
      load: () => accounts.load(),
      repeated: [
        { everyMs: FLUSH_MS, run: () => void logins.flush() },
        { everyMs: FLUSH_MS, run: () => void accounts.flush() },
        { everyMs: CLEAN_UP_MS, run: () => void accounts.cleanUp(), isRunAtStart: true, isForAll: true },
        { everyMs: CLEAN_UP_MS, run: () => void logins.cleanUp(), isRunAtStart: true, isForAll: true },
      ],
    });
  }
}
