import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CryptoModule } from '../crypto/crypto.module';
import { Gateway } from './gateway.entity';
import { GatewayAccount } from './gateway-account.entity';
import { GatewayAccountsRepository } from './gateway-accounts.repository';
import { GatewayLoginsRepository } from './gateway-logins.repository';
import { GatewaysController } from './gateways.controller';
import { GatewaysRepository } from './gateways.repository';
import { GatewaysService } from './gateways.service';

@Module({
  imports: [CryptoModule, TypeOrmModule.forFeature([Gateway, GatewayAccount])],
  controllers: [GatewaysController],
  providers: [GatewaysService, GatewaysRepository, GatewayLoginsRepository, GatewayAccountsRepository],
  exports: [GatewaysService],
})
export class GatewaysModule {}
