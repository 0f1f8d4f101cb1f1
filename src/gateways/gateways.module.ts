import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Gateway } from './gateway.entity';
import { GatewayLoginsRepository } from './gateway-logins.repository';
import { GatewaysController } from './gateways.controller';
import { GatewaysRepository } from './gateways.repository';
import { GatewaysService } from './gateways.service';

@Module({
  imports: [TypeOrmModule.forFeature([Gateway])],
  controllers: [GatewaysController],
  providers: [GatewaysService, GatewaysRepository, GatewayLoginsRepository],
  exports: [GatewaysService],
})
export class GatewaysModule {}
