import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A waveform that outlives the full days, or is pinned: a copy of its row in `waveforms`. Partitioned by month of `day`. */
@Entity('waveforms_kept')
export class KeptWaveform {
  @PrimaryColumn({ type: 'bigint' })
  readonly number!: string;

  @PrimaryColumn({ type: 'date' })
  readonly day!: string;

  @Column({ type: 'bytea', nullable: true })
  readonly x!: Buffer | null;

  @Column({ type: 'bytea', nullable: true })
  readonly y!: Buffer | null;

  @Column({ type: 'bytea', nullable: true })
  readonly z!: Buffer | null;
}
