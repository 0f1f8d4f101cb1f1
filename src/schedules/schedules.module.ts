import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AcquisitionsModule } from '../acquisitions/acquisitions.module';
import { CatchUpModule } from '../readings/catch-up/catch-up.module';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { DueSensorsRepository } from './due-sensors.repository';
import { ScheduleRunner, TICK_MS } from './schedule-runner';
import { Schedule } from './schedule.entity';
import { SchedulesController } from './schedules.controller';
import { SchedulesRepository } from './schedules.repository';
import { SchedulesService } from './schedules.service';

@Module({
  imports: [AcquisitionsModule, CatchUpModule, StatusModule, TypeOrmModule.forFeature([Schedule])],
  controllers: [SchedulesController],
  providers: [DueSensorsRepository, ScheduleRunner, SchedulesRepository, SchedulesService],
})
export class SchedulesModule {
  constructor(holding: WhileHolding, runner: ScheduleRunner) {
    holding.add({
      start: () => runner.start(),
      stop: () => runner.stop(),
      repeated: [{ everyMs: TICK_MS, run: () => runner.tick() }],
    });
  }
}
