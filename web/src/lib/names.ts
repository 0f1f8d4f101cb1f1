/** At most as many rows as the service returns at once. */
export const MANY = 100;
/** Names and zones change rarely. */
export const KEPT_MS = 30_000;
/** Options of a choice: who does not see the right one types more of its name. */
const OFFERED = 20;

/** A query for what a choice offers: the first rows by name that contain the text, if there is one. */
export function searchByName(text: string | null) {
  const search = text?.trim() ?? '';
  return { limit: OFFERED, sort: 'name_ci', ...(search !== '' && { search }) } as const;
}

/** Each id once, in an order of their own, so that another order of the rows asks nothing; no more than one request may name. */
export function sortedIds(ids: readonly string[]): string[] {
  return [...new Set(ids)].toSorted().slice(0, MANY);
}
