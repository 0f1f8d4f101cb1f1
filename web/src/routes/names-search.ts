import { numberIn, textIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';

/** What the address of a list of names says. */
export interface NamesSearch {
  /** Part of a name. */
  readonly q?: string | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

/** Reads it, and leaves out what is invalid. */
export const readNamesSearch = (search: RawSearch): NamesSearch => ({
  q: textIn(search, 'q'),
  page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
  size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
});
