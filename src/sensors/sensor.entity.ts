import { Check, Column, Entity, Index, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Relation } from 'typeorm';
import type { Metadata } from '../common/metadata';
import { NAME_COLLATION } from '../database/base.entity';
import { Identity } from '../database/identity';
import { Gateway } from '../gateways/gateway.entity';

/** How readings of a sensor are understood and shown. Absent: as the gateway says, or the default unit. */
export interface SensorSettings {
  /** Replaces the sampling rate that the gateway reports. */
  readonly sample_rate_hz?: number;
  readonly acceleration_unit?: 'g' | 'm_s2';
  readonly temperature_unit?: 'celsius' | 'fahrenheit';
}

/** Fields of a sensor that no column holds, under the names that the gateway uses. */
export type SensorExtra = Readonly<Record<string, unknown>>;

/**
 * A sensor that a gateway has reported: in its inventory, by a notification or by a reading. It is never deleted. A sensor that moves to
 * another gateway is another row. `bigint` columns are text, because the driver reads them as text.
 */
@Entity('sensors')
@Index('uq_sensors_gateway_id_serial', ['gatewayId', 'serial'], { unique: true })
@Index('uq_sensors_number', ['number'], { unique: true })
@Index('ix_sensors_serial', ['serial', 'id'])
@Index('ix_sensors_name', ['name', 'id'])
@Index('ix_sensors_name_ci', { synchronize: false }) // Its collation cannot be expressed here: see the migration.
@Index('ix_sensors_created_at', ['createdAt', 'id'])
@Index('ix_sensors_updated_at', ['updatedAt', 'id'])
@Check('ck_sensors_expected_interval_s', `"expected_interval_s" > 0`)
export class Sensor {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  /** The short key that the tables of readings use. */
  @Column({ type: 'integer' })
  @Identity()
  readonly number!: number;

  @Column({ type: 'uuid' })
  readonly gatewayId!: string;

  @ManyToOne(() => Gateway, { onDelete: 'CASCADE', nullable: false })
  readonly gateway?: Relation<Gateway>;

  /** Unique per gateway. */
  @Column({ type: 'bigint' })
  readonly serial!: string;

  /** What people call it. At first its nickname at the gateway, or its serial. */
  @Column({ type: 'varchar', length: 255, collation: NAME_COLLATION })
  readonly name!: string;

  /** Whether the last inventory of its gateway names it. */
  @Column({ type: 'boolean', default: false })
  readonly listed!: boolean;

  /** Whether the gateway reaches it, as last reported; null if it was never reported. */
  @Column({ type: 'boolean', nullable: true })
  readonly connected!: boolean | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly connectionChangedAt!: Date | null;

  @Column({ type: 'bigint', nullable: true })
  readonly accessPointSerial!: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  readonly partNumber!: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  readonly hwVersion!: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  readonly fwVersion!: string | null;

  /** As reported. Unit and meaning are not documented, nor are those of `readPeriod`. */
  @Column({ type: 'double precision', nullable: true })
  readonly readRate!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly readPeriod!: number | null;

  /** Points per axis. */
  @Column({ type: 'integer', nullable: true })
  readonly samples!: number | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  readonly gMode!: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  readonly freqMode!: string | null;

  @Column({ type: 'double precision', nullable: true })
  readonly coupling!: number | null;

  /** Sampling rate, presumably in Hz. */
  @Column({ type: 'double precision', nullable: true })
  readonly fsHz!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly fmaxHz!: number | null;

  @Column({ type: 'jsonb', nullable: true })
  readonly extra!: SensorExtra | null;

  /** The latest reading of each kind, by the time of measurement: null if there is none. */
  @Column({ type: 'timestamptz', nullable: true })
  readonly latestVibrationMeasuredAt!: Date | null;

  /** Day and number are the key of the reading. */
  @Column({ type: 'date', nullable: true })
  readonly latestVibrationDay!: string | null;

  @Column({ type: 'bigint', nullable: true })
  readonly latestVibrationNumber!: string | null;

  @Column({ type: 'double precision', nullable: true })
  readonly latestVibrationValue!: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly latestTemperatureMeasuredAt!: Date | null;

  @Column({ type: 'date', nullable: true })
  readonly latestTemperatureDay!: string | null;

  @Column({ type: 'bigint', nullable: true })
  readonly latestTemperatureNumber!: string | null;

  @Column({ type: 'double precision', nullable: true })
  readonly latestTemperatureValue!: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  readonly latestBatteryMeasuredAt!: Date | null;

  @Column({ type: 'date', nullable: true })
  readonly latestBatteryDay!: string | null;

  @Column({ type: 'bigint', nullable: true })
  readonly latestBatteryNumber!: string | null;

  @Column({ type: 'double precision', nullable: true })
  readonly latestBatteryValue!: number | null;

  @Column({ type: 'jsonb', default: {} })
  readonly settings!: SensorSettings;

  /** How often a reading is expected, in seconds; null if nobody has said. */
  @Column({ type: 'integer', nullable: true })
  readonly expectedIntervalS!: number | null;

  @Column({ type: 'jsonb', default: {} })
  readonly metadata!: Metadata;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly createdAt!: Date;

  /** Set by a trigger when users change something. What gateways report does not count as a change. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly updatedAt!: Date;

  /** Incremented by every change that users make, in a trigger. */
  @Column({ type: 'integer', default: 1 })
  readonly revision!: number;
}

/** A sensor as it is read. */
export type SensorRow = Omit<Sensor, 'gateway'>;
