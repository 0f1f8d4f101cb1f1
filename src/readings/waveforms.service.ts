import { Injectable } from '@nestjs/common';
import type { Reach } from '../common/actor';
import { thinned } from './formats/min-max';
import { inUnit } from './formats/waveform';
import type { AccelerationUnit, AxisValues, Waveform } from './formats/waveform';
import type { Axis } from './reading';
import { idOf } from './reading.dto';
import { WaveformNotFoundError, WaveformThinnedError } from './reading.errors';
import { ReadingsService } from './readings.service';
import { decodeAxis, isRounded } from './storage/codec/axis-codec';
import type { ReadingKey } from './storage/readings-query.repository';
import { WaveformsRepository } from './storage/waveforms.repository';
import type { StoredWaveform } from './storage/waveforms.repository';

/** The samples of a vibration reading, in g. */
export interface ReadWaveform {
  readonly reading: Omit<StoredWaveform, 'blocks' | 'waveformState'>;
  /** Those of the axes that were asked for and that the record has: one at least. */
  readonly axes: readonly AxisValues[];
  /** Whether samples are rounded to single precision. */
  readonly isRounded: boolean;
  /** Whether all axes that were asked for are there. Otherwise the record may be completed later. */
  readonly isComplete: boolean;
}

/** How to return a waveform. */
export interface WaveformOptions {
  readonly unit: AccelerationUnit;
  /** Values per axis; undefined for all samples. */
  readonly points: number | undefined;
}

/** Reads the samples of vibration readings. */
@Injectable()
export class WaveformsService {
  constructor(
    private readonly waveforms: WaveformsRepository,
    private readonly readings: ReadingsService,
  ) {}

  /** @throws ReadingNotFoundError, WaveformNotFoundError, WaveformThinnedError */
  async get(reach: Reach, key: ReadingKey, axes: readonly Axis[]): Promise<ReadWaveform> {
    const stored = await this.waveforms.find(reach, key, axes);
    if (!stored) {
      await this.readings.get(reach, key); // Throws if there is no such reading of another kind.
      throw new WaveformNotFoundError(idOf(key));
    }
    const { blocks, waveformState, ...reading } = stored;
    // What is stored according to its reading, but is not there, was thinned as well.
    const isThinned = waveformState === 'thinned' || (waveformState === 'stored' && !blocks);
    if (isThinned) throw new WaveformThinnedError(idOf(key));
    const found = axes.flatMap((axis) => (blocks?.[axis] ? [{ axis, block: blocks[axis] }] : []));
    if (found.length === 0) throw new WaveformNotFoundError(idOf(key));
    return {
      reading,
      axes: found.map(({ axis, block }) => ({ axis, values: decodeAxis(block) })),
      isRounded: found.some(({ block }) => isRounded(block)),
      isComplete: found.length === axes.length,
    };
  }
}

/** The samples, or their extremes if fewer points are wanted, in a unit. */
export function waveformOf({ reading, axes }: ReadWaveform, { unit, points }: WaveformOptions): Waveform {
  const { sampleRateHz, measuredAt: startsAt } = reading;
  const waveform: Waveform = { unit: 'g', sampleRateHz, startsAt, axes, samplesPerBucket: null };
  return inUnit(points === undefined ? waveform : thinned(waveform, points), unit);
}
