import { choiceIn, numberIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';

const KEY_STATES = ['active', 'expired', 'revoked'] as const;

/** What the address of the list of keys says. */
export interface KeysSearch {
  /** Default `active`. */
  readonly state?: (typeof KEY_STATES)[number] | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

/** Reads it, and leaves out what is invalid. */
export const readKeysSearch = (search: RawSearch): KeysSearch => ({
  state: choiceIn(search, 'state', KEY_STATES, 'active'),
  page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
  size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
});
