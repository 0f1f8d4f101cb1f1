import type { Band } from '../../analysis/envelope';
import type { Scale } from '../../analysis/spectrum';
import type { Quantity, Unit } from '../../analysis/units';
import type { WindowName } from '../../analysis/windows';
import type { AxisValues } from './waveform';

/** A spectrum as it is written in one of the formats. */
export interface LineSpectrum {
  readonly quantity: Quantity;
  readonly unit: Unit;
  readonly scale: Scale;
  readonly window: WindowName;
  readonly sampleRateHz: number;
  /** Of the record. */
  readonly samples: number;
  /** Distance of the lines. */
  readonly dfHz: number;
  /** Which line the first values are: its frequency is this times the distance. */
  readonly firstLine: number;
  /** Equivalent noise bandwidth of the window. */
  readonly noiseBandwidthHz: number;
  /** The record holds eight periods of this frequency. Below it, values are uncertain. */
  readonly validFromHz: number;
  /** The band whose envelope this is the spectrum of; null for a spectrum of the samples. */
  readonly band: Band | null;
  /** All of one length. */
  readonly axes: readonly AxisValues[];
}

/** Number of lines. */
export function linesOf({ axes: [first] }: LineSpectrum): number {
  return first?.values.length ?? 0;
}

/** Frequency of the value at an index. */
export function frequencyOf({ firstLine, dfHz }: LineSpectrum, index: number): number {
  return (firstLine + index) * dfHz;
}
