/** No id of version 7 is less. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** No id of version 7 is greater. */
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const MAX_MS = 2 ** 48 - 1;

/** The least id of a time, in milliseconds since 1970: RFC 9562, section 5.7. */
export function firstIdAt(ms: number): string {
  const hex = Math.min(Math.max(ms, 0), MAX_MS).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
