import { SYMBOLS } from '../../../analysis/units';
import type { Axis } from '../../reading';
import { frequencyOf, linesOf } from '../line-spectrum';
import type { LineSpectrum } from '../line-spectrum';
import { lengthOf } from '../waveform';
import type { AxisValues, Waveform } from '../waveform';
import { PLOT_WIDTH, toSvg } from './chart';
import type { Mark } from './chart';

/** What a drawing says about its reading. */
export interface Caption {
  readonly title: string;
  readonly subtitle: string;
}

const COLORS: Readonly<Record<Axis, string>> = { x: '#1f6fb4', y: '#c4561a', z: '#2f8f4e' };
const SCALE_NAMES = { peak: 'peak', rms: 'RMS', peak_to_peak: 'peak to peak' } as const;
const WINDOW_NAMES = { hann: 'Hann window', flattop: 'flat-top window', none: 'no window' } as const;
/** By how much a window can show the amplitude of a sine too low. What differs more is no sine but noise, of which a flat-top has more. */
const MOST_TOO_LOW = { hann: 1.18, flattop: 1.01, none: 1.58 } as const;
/** Lines around a peak of one window in which that of another window may be. */
const NEAR = 2;

/** Draws the samples over time, or over their numbers if the sample rate is unknown. @param waveform with all of its samples */
export function toWaveformSvg(waveform: Waveform, { title, subtitle }: Caption): string {
  const { unit, sampleRateHz } = waveform;
  const length = lengthOf(waveform);
  const interval = 1 / (sampleRateHz ?? 1);
  return toSvg({
    title,
    subtitle: [
      subtitle,
      `${length} samples`,
      sampleRateHz === null ? 'sample rate unknown' : `${sampleRateHz} Hz`,
    ].join(' · '),
    label: sampleRateHz === null ? 'sample' : 'time in s',
    range: [0, length * interval],
    isFromZero: false,
    panels: waveform.axes.map(({ axis, values }) => ({
      ...{ label: `${axis} in ${SYMBOLS[unit]}`, color: COLORS[axis], mark: null },
      ...lineOf(values, length, (index) => index * interval),
    })),
  });
}

/**
 * Draws the amplitudes over frequency, and names the highest one of each axis.
 * @param flat the same lines with the flat-top window, which shows amplitudes right
 */
export function toSpectrumSvg(spectrum: LineSpectrum, flat: LineSpectrum, { title, subtitle }: Caption): string {
  const { axes, unit, window, dfHz, scale } = spectrum;
  const lines = linesOf(spectrum);
  const resolution = `${lines} lines, ${rounded(dfHz, 4)} Hz apart`;
  return toSvg({
    title,
    subtitle: [subtitle, `${spectrum.quantity}, ${SCALE_NAMES[scale]}`, WINDOW_NAMES[window], resolution].join(' · '),
    label: 'frequency in Hz',
    range: [frequencyOf(spectrum, 0), frequencyOf(spectrum, lines)],
    isFromZero: true,
    panels: axes.map(({ axis, values }, index) => ({
      ...{ label: `${axis} in ${SYMBOLS[unit]}`, color: COLORS[axis] },
      mark: markOf(spectrum, values, flat.axes[index]),
      ...lineOf(values, lines, (line) => frequencyOf(spectrum, line)),
    })),
  });
}

/** Without the lines below the first valid one, which can be higher than all others; of acceleration, with them. */
export function withValidLines(spectrum: LineSpectrum): LineSpectrum {
  const first = firstValid(spectrum);
  if (spectrum.quantity === 'acceleration' || first >= linesOf(spectrum)) return spectrum;
  const axes = spectrum.axes.map(({ axis, values }) => ({ axis, values: values.subarray(first) }));
  return { ...spectrum, firstLine: spectrum.firstLine + first, axes };
}

/** Index of the first valid line. */
function firstValid({ validFromHz, dfHz, firstLine }: LineSpectrum): number {
  return Math.max(0, Math.ceil(validFromHz / dfHz) - firstLine);
}

/** The highest line of those that are valid; null if all are zero. */
function markOf(spectrum: LineSpectrum, values: Float64Array, flat: AxisValues | undefined): Mark | null {
  const first = firstValid(spectrum);
  const valid = values.subarray(first);
  const highest = first + valid.indexOf(greatest(valid));
  const amplitude = values[highest] ?? 0;
  if (amplitude === 0) return null;
  const hz = frequencyOf(spectrum, highest);
  const flatTop = flat ? greatest(flat.values.subarray(Math.max(0, highest - NEAR), highest + NEAR + 1)) : amplitude;
  const right = flatTop > amplitude * MOST_TOO_LOW[spectrum.window] ? amplitude : flatTop;
  const decimals = Math.min(3, Math.max(0, Math.ceil(-Math.log10(spectrum.dfHz))));
  return { x: hz, y: amplitude, text: `${hz.toFixed(decimals)} Hz: ${rounded(right, 4)} ${SYMBOLS[spectrum.unit]}` };
}

/**
 * A line that is no finer than the drawing: of values that share a pixel, the minimum and the maximum, in their order.
 * @param length of the longest line of the drawing
 */
function lineOf(
  values: Float64Array,
  length: number,
  placeOf: (index: number) => number,
): { readonly x: Float64Array; readonly y: Float64Array } {
  const size = Math.ceil(length / PLOT_WIDTH);
  const indexes = size <= 2 ? Array.from(values.keys()) : extremesOf(values, size);
  return { x: Float64Array.from(indexes, placeOf), y: Float64Array.from(indexes, (index) => values[index] ?? 0) };
}

/** Where the minimum and the maximum of each bucket of `size` values are. */
function extremesOf(values: Float64Array, size: number): number[] {
  const indexes: number[] = [];
  for (let start = 0; start < values.length; start += size) {
    const end = Math.min(start + size, values.length);
    let [least, most] = [start, start];
    for (let index = start; index < end; index += 1) {
      if ((values[index] ?? 0) < (values[least] ?? 0)) least = index;
      if ((values[index] ?? 0) > (values[most] ?? 0)) most = index;
    }
    indexes.push(Math.min(least, most), Math.max(least, most));
  }
  return indexes;
}

function greatest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function rounded(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
