import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The samples of a vibration reading, one block of `decodeAxis` per axis. */
export abstract class WaveformRow {
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

/** Partitioned by month of `day`. */
@Entity('waveforms')
export class Waveform extends WaveformRow {}
