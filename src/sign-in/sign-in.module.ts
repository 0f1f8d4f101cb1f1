import { Module } from '@nestjs/common';
import { ApiKeysModule } from '../api-keys/api-keys.module';
import { AuditModule } from '../audit/audit.module';
import { CryptoModule } from '../crypto/crypto.module';
import { CallerAuthenticator } from './caller-authenticator';
import { SessionController } from './session.controller';
import { SessionTokens } from './session-tokens';
import { SignInService } from './sign-in.service';

@Module({
  imports: [ApiKeysModule, AuditModule, CryptoModule],
  controllers: [SessionController],
  providers: [CallerAuthenticator, SessionTokens, SignInService],
})
export class SignInModule {}
