import type { GetSpectrumData } from '../../../.generated/types.gen';
import { AXES } from '../../lib/kinds';
import type { Axis } from '../../lib/kinds';
import { amountIn, choiceIn, choicesIn, textIn } from '../../lib/url-state';
import type { RawSearch } from '../../lib/url-state';

type SpectrumQuery = NonNullable<GetSpectrumData['query']>;
/** What a spectrum is of. The API has that of an envelope at an address of its own. */
export type Quantity = NonNullable<SpectrumQuery['quantity']> | 'envelope';
export type SpectrumUnit = NonNullable<SpectrumQuery['unit']>;

/** Units of a quantity; the first is the default. */
export const QUANTITY_UNITS: Record<Quantity, readonly [SpectrumUnit, SpectrumUnit]> = {
  acceleration: ['g', 'm_s2'],
  velocity: ['mm_s', 'in_s'],
  displacement: ['um', 'mil'],
  envelope: ['g', 'm_s2'],
};
const QUANTITIES = ['acceleration', 'velocity', 'displacement', 'envelope'] as const satisfies readonly Quantity[];
const WINDOWS = ['hann', 'flattop', 'none'] as const;
const SCALES = ['peak', 'rms', 'peak_to_peak'] as const;

/** What the address of the page of a reading says; a parameter that is missing has its default. */
export interface ReadingSearch {
  /** The axes that are drawn; all by default. */
  readonly axis?: readonly Axis[] | undefined;
  /** Of the waveform; g by default. */
  readonly unit?: 'm_s2' | undefined;
  /** The part of the waveform that is drawn, in milliseconds, or in samples if there is no rate. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly quantity?: Quantity | undefined;
  /** Of the spectrum; the first one of the quantity by default. */
  readonly spectrum_unit?: SpectrumUnit | undefined;
  readonly window?: (typeof WINDOWS)[number] | undefined;
  readonly scale?: (typeof SCALES)[number] | undefined;
  /** The part of the spectrum that is drawn, in Hz. */
  readonly fmin?: number | undefined;
  readonly fmax?: number | undefined;
  /** The band whose envelope is shown, in Hz. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** The machine whose limits of severity apply: group and support, such as `1-rigid`. */
  readonly machine?: string | undefined;
}

export function readReadingSearch(search: RawSearch): ReadingSearch {
  const axis = choicesIn(search, 'axis', AXES);
  const quantity = choiceIn(search, 'quantity', QUANTITIES, 'acceleration');
  const [byDefault, other] = QUANTITY_UNITS[quantity ?? 'acceleration'];
  const [from, to] = rangeIn(search, 'from', 'to');
  const [fmin, fmax] = rangeIn(search, 'fmin', 'fmax');
  const [low, high] = rangeIn(search, 'low', 'high');
  return {
    axis: axis?.length === AXES.length ? undefined : axis,
    unit: choiceIn(search, 'unit', ['m_s2']),
    from,
    to,
    quantity,
    spectrum_unit: choiceIn(search, 'spectrum_unit', [byDefault, other], byDefault),
    window: choiceIn(search, 'window', WINDOWS, 'hann'),
    scale: choiceIn(search, 'scale', SCALES, 'peak'),
    fmin,
    fmax,
    low,
    high,
    machine: textIn(search, 'machine'),
  };
}

/** Both ends of a range; none of them unless the first is below the second. */
function rangeIn(search: RawSearch, first: string, last: string): readonly [number?, number?] {
  const [from, to] = [amountIn(search, first), amountIn(search, last)];
  return to !== undefined && to <= (from ?? 0) ? [] : [from, to];
}
