import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getEnvelopeOptions, getSpectrumOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { ReadingPart } from './reading-part';
import { QUANTITY_UNITS } from './reading-search';
import type { ReadingSearch } from './reading-search';

/** The band of an envelope in Hz, unless the address names another. */
export const BAND = [500, 5000] as const;

/** What was measured does not change. */
const KEPT = { staleTime: Infinity, placeholderData: keepPreviousData } as const;

/** What the address says of the spectrum, with the defaults. */
export function spectrumChoice(search: ReadingSearch) {
  const { quantity = 'acceleration', spectrum_unit: unit, window = 'hann', scale = 'peak' } = search;
  return { quantity, unit: unit ?? QUANTITY_UNITS[quantity][0], window, scale };
}

function envelopeQuery(search: ReadingSearch) {
  const { unit, window, scale } = spectrumChoice(search);
  const { low = BAND[0], high = BAND[1] } = search;
  return { band: `${low}-${high}`, unit: unit === 'm_s2' ? unit : 'g', window, scale } as const;
}

function spectrumQuery(search: ReadingSearch) {
  const { quantity, ...choice } = spectrumChoice(search);
  return { ...choice, quantity: quantity === 'envelope' ? 'acceleration' : quantity } as const;
}

/** Where the API has the spectrum that the address describes, and with which query. */
export function spectrumAddress(search: ReadingSearch): [path: string, query: Record<string, string>] {
  return search.quantity === 'envelope' ? ['envelope', envelopeQuery(search)] : ['spectrum', spectrumQuery(search)];
}

/** The spectrum that the address describes; for the quantity `envelope`, that of the envelope of a band. */
export function useSpectrum({ reading, search }: Pick<ReadingPart, 'reading' | 'search'>) {
  const isEnvelope = search.quantity === 'envelope';
  const path = { id: reading.id };
  const spectrum = useQuery({
    ...getSpectrumOptions({ path, query: spectrumQuery(search) }),
    ...KEPT,
    enabled: !isEnvelope,
  });
  const envelope = useQuery({
    ...getEnvelopeOptions({ path, query: envelopeQuery(search) }),
    ...KEPT,
    enabled: isEnvelope,
  });
  return isEnvelope ? envelope : spectrum;
}
