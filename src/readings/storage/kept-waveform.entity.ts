import { Entity } from 'typeorm';
import { WaveformRow } from './waveform.entity';

/** A waveform that outlives the full days, or is pinned: a copy of its row in `waveforms`. Partitioned by month of `day`. */
@Entity('waveforms_kept')
export class KeptWaveform extends WaveformRow {}
