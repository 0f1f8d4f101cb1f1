import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConnectionsModule } from '../connections/connections.module';
import { GatewaysModule } from '../gateways/gateways.module';
import { StatusModule } from '../status/status.module';
import { FLUSH_MS, WhileHolding } from '../status/while-holding';
import { AccessPoint } from './access-point.entity';
import { AccessPointsRepository } from './access-points.repository';
import { Inventory } from './inventory';
import { Sensor } from './sensor.entity';
import { SensorsController } from './sensors.controller';
import { SensorsRepository } from './sensors.repository';
import { SensorsService } from './sensors.service';

@Module({
  imports: [ConnectionsModule, GatewaysModule, StatusModule, TypeOrmModule.forFeature([Sensor, AccessPoint])],
  controllers: [SensorsController],
  providers: [AccessPointsRepository, Inventory, SensorsRepository, SensorsService],
  exports: [SensorsService],
})
export class SensorsModule {
  constructor(holding: WhileHolding, inventory: Inventory) {
    holding.add({
      start: () => inventory.start(), // Before the sessions, to hear of every login.
      leave: (isLeft) => inventory.leave(isLeft),
      flush: () => inventory.flushLast(),
      stop: () => inventory.stop(),
      repeated: [{ everyMs: FLUSH_MS, run: () => inventory.tick() }],
    });
  }
}
