import { Check, Column, Entity, Index } from 'typeorm';
import { ORIGINS_SQL, Reading, TIME_QUALITIES_SQL } from './reading.entity';

@Entity('battery_readings')
// Its included column cannot be expressed here: see the migration.
@Index('ix_battery_readings_sensor_number_measured_at', { synchronize: false })
@Index('ix_battery_readings_feed_position', ['feedPosition'])
@Index('ix_battery_readings_number', ['number'])
@Check('ck_battery_readings_time_quality', `"time_quality" IN ${TIME_QUALITIES_SQL}`)
@Check('ck_battery_readings_origin', `"origin" IN ${ORIGINS_SQL}`)
export class BatteryReading extends Reading {
  /** The charge, in the unit of the gateway. */
  @Column({ type: 'double precision', nullable: true })
  readonly value!: number | null;
}
