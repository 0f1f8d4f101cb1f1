import { Module } from '@nestjs/common';
import { FactoriesModule } from '../factories/factories.module';
import { StatusModule } from '../status/status.module';
import { FleetController } from './fleet.controller';
import { FleetService } from './fleet.service';

@Module({
  imports: [FactoriesModule, StatusModule],
  controllers: [FleetController],
  providers: [FleetService],
})
export class FleetModule {}
