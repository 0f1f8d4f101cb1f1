import { Check, Column, Entity, Index } from 'typeorm';
import { ORIGINS_SQL, Reading, TIME_QUALITIES_SQL } from './reading.entity';

/** `pending`: announced and not there yet; `thinned`: deleted by the retention, the statistics stay. */
export type WaveformState = 'stored' | 'thinned' | 'none' | 'pending';

/** Where a sampling rate comes from: reported by the sensor, or set by an operator. */
export type RateSource = 'sensor' | 'operator' | 'assumed';

/** Statistics of an axis are null if the record lacks it, in the unit of the samples otherwise; `velocityRms` in mm/s. */
@Entity('vibration_readings')
// Its included columns cannot be expressed here: see the migration.
@Index('ix_vibration_readings_sensor_number_measured_at', { synchronize: false })
@Index('ix_vibration_readings_feed_position', ['feedPosition'])
@Index('ix_vibration_readings_number', ['number'])
@Index('ix_vibration_readings_pinned', ['number'], { where: '"pinned"' })
@Check('ck_vibration_readings_time_quality', `"time_quality" IN ${TIME_QUALITIES_SQL}`)
@Check('ck_vibration_readings_origin', `"origin" IN ${ORIGINS_SQL}`)
@Check('ck_vibration_readings_rate_source', `"rate_source" IN ('sensor', 'operator', 'assumed')`)
@Check('ck_vibration_readings_waveform_state', `"waveform_state" IN ('stored', 'thinned', 'none', 'pending')`)
export class VibrationReading extends Reading {
  /** Samples of the longest axis. */
  @Column({ type: 'integer' })
  readonly samples!: number;

  @Column({ type: 'double precision', nullable: true })
  readonly sampleRateHz!: number | null;

  @Column({ type: 'text', nullable: true })
  readonly rateSource!: RateSource | null;

  @Column({ type: 'real', nullable: true })
  readonly xMean!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xRms!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xPeakToPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xCrest!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xKurtosis!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly xVelocityRms!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly xReportedPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly xReportedPeakToPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly xReportedRms!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yMean!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yRms!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yPeakToPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yCrest!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yKurtosis!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly yVelocityRms!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly yReportedPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly yReportedPeakToPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly yReportedRms!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zMean!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zRms!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zPeakToPeak!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zCrest!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zKurtosis!: number | null;

  @Column({ type: 'real', nullable: true })
  readonly zVelocityRms!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly zReportedPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly zReportedPeakToPeak!: number | null;

  @Column({ type: 'double precision', nullable: true })
  readonly zReportedRms!: number | null;

  @Column({ type: 'text' })
  readonly waveformState!: WaveformState;

  /** Whether the retention must keep the waveform. */
  @Column({ type: 'boolean', default: false })
  readonly pinned!: boolean;
}
