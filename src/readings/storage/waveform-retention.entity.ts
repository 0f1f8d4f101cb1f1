import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the waveforms are thinned: one row, or none as long as nothing was thinned. */
@Entity('waveform_retention')
@Check('ck_waveform_retention_id', '"id"')
export class WaveformRetention {
  @PrimaryColumn({ type: 'boolean', default: true })
  readonly id!: boolean;

  /** Some waveforms of days before this one were thinned; none of this day or later. */
  @Column({ type: 'date' })
  readonly thinnedBefore!: string;
}
