import { Check, Column, Entity, Index } from 'typeorm';
import { ORIGINS_SQL, Reading, TIME_QUALITIES_SQL } from './reading.entity';

@Entity('temperature_readings')
// Its included column cannot be expressed here: see the migration.
@Index('ix_temperature_readings_sensor_number_measured_at', { synchronize: false })
@Index('ix_temperature_readings_feed_position', ['feedPosition'])
@Index('ix_temperature_readings_number', ['number'])
@Check('ck_temperature_readings_time_quality', `"time_quality" IN ${TIME_QUALITIES_SQL}`)
@Check('ck_temperature_readings_origin', `"origin" IN ${ORIGINS_SQL}`)
export class TemperatureReading extends Reading {
  /** In the unit of the gateway, presumably °C. */
  @Column({ type: 'double precision', nullable: true })
  readonly value!: number | null;
}
