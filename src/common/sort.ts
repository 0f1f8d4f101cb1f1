/** The orders of a list of names. `name` is in byte order; `name_ci` is natural and ignores case: gw-2, GW-10. */
export const NAME_SORTS = ['name', '-name', 'name_ci', '-name_ci'] as const;

/** The orders of a list of stored rows. `-` means descending. Equal rows are ordered by id, in the same direction. */
export const SORTS = [...NAME_SORTS, 'created_at', '-created_at', 'updated_at', '-updated_at'] as const;

/** The orders of a list of things with a serial number. */
export const SERIAL_SORTS = ['serial', '-serial'] as const;

/**
 * The orders of the list of connections, besides those of names. `state` is in the order in which the states are documented. Connections
 * without a value are last in both directions.
 */
export const OBSERVED_SORTS = [
  ...(['state', '-state', 'since', '-since', 'last_message_at', '-last_message_at'] as const),
  ...(['latency_ms', '-latency_ms', 'attempt', '-attempt', 'reconnects', '-reconnects'] as const),
] as const;

export type ObservedSort = (typeof OBSERVED_SORTS)[number];
export type NameSort = (typeof NAME_SORTS)[number];
export type Sort = (typeof SORTS)[number] | (typeof SERIAL_SORTS)[number];

export type KeyOf<S extends string> = S extends `-${string}` ? never : S;

/** Splits a sort into its key and its direction. */
export function parseSort<S extends string>(sort: S): { key: KeyOf<S>; isDescending: boolean } {
  const isDescending = sort.startsWith('-');
  return { key: (isDescending ? sort.slice(1) : sort) as KeyOf<S>, isDescending };
}
