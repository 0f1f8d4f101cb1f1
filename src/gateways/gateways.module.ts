import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CryptoModule } from '../crypto/crypto.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { Gateway } from './gateway.entity';
import { GatewaysController } from './gateways.controller';
import { GatewaysRepository } from './gateways.repository';
import { GatewaysService } from './gateways.service';

@Module({
  imports: [CryptoModule, OrganizationsModule, TypeOrmModule.forFeature([Gateway])],
  controllers: [GatewaysController],
  providers: [GatewaysService, GatewaysRepository],
  exports: [GatewaysService],
})
export class GatewaysModule {}
