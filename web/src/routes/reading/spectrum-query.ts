import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getEnvelopeOptions, getSpectrumOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { ReadingPart } from './reading-part';
import { QUANTITY_UNITS } from './reading-search';
import type { ReadingSearch } from './reading-search';

/** Where resonances usually are, in Hz. */
const USUAL_BAND = [500, 5000] as const;

type Part = Pick<ReadingPart, 'vibration' | 'search'>;

/** The band of an envelope in Hz, unless the address names another: the usual one, as far as the record reaches. */
export function defaultBand({ sample_rate_hz: rate }: ReadingPart['vibration']): readonly [low: number, high: number] {
  const highest = rate === null ? Infinity : rate / 2;
  return [Math.min(USUAL_BAND[0], highest / 2), Math.min(USUAL_BAND[1], highest)];
}

/** What was measured does not change. */
const KEPT = { staleTime: Infinity, placeholderData: keepPreviousData } as const;

/** What the address says of the spectrum, with the defaults. */
export function spectrumChoice(search: ReadingSearch) {
  const { quantity = 'acceleration', spectrum_unit: unit, window = 'hann', scale = 'peak' } = search;
  return { quantity, unit: unit ?? QUANTITY_UNITS[quantity][0], window, scale };
}

function envelopeQuery({ vibration, search }: Part) {
  const { unit, window, scale } = spectrumChoice(search);
  const [low, high] = defaultBand(vibration);
  return {
    band: `${search.low ?? low}-${search.high ?? high}`,
    unit: unit === 'm_s2' ? unit : 'g',
    window,
    scale,
  } as const;
}

function spectrumQuery(search: ReadingSearch) {
  const { quantity, ...choice } = spectrumChoice(search);
  return { ...choice, quantity: quantity === 'envelope' ? 'acceleration' : quantity } as const;
}

/** Where the API has the spectrum that the address describes, and with which query. */
export function spectrumAddress(part: Part): [path: string, query: Record<string, string>] {
  const { search } = part;
  return search.quantity === 'envelope' ? ['envelope', envelopeQuery(part)] : ['spectrum', spectrumQuery(search)];
}

/** The spectrum that the address describes; for the quantity `envelope`, that of the envelope of a band. */
export function useSpectrum(part: ReadingPart) {
  const { reading, search } = part;
  const isEnvelope = search.quantity === 'envelope';
  const path = { id: reading.id };
  const spectrum = useQuery({
    ...getSpectrumOptions({ path, query: spectrumQuery(search) }),
    ...KEPT,
    enabled: !isEnvelope,
  });
  const envelope = useQuery({
    ...getEnvelopeOptions({ path, query: envelopeQuery(part) }),
    ...KEPT,
    enabled: isEnvelope,
  });
  return isEnvelope ? envelope : spectrum;
}
