/** The orders of a list of names. `name` is in byte order; `name_ci` is natural and ignores case: gw-2, GW-10. */
export const NAME_SORTS = ['name', '-name', 'name_ci', '-name_ci'] as const;

/** The orders of a list of stored rows. `-` means descending. Equal rows are ordered by id, in the same direction. */
export const SORTS = [...NAME_SORTS, 'created_at', '-created_at', 'updated_at', '-updated_at'] as const;

/** The orders of a list of things with a serial number. */
export const SERIAL_SORTS = ['serial', '-serial'] as const;

export type NameSort = (typeof NAME_SORTS)[number];
export type Sort = (typeof SORTS)[number] | (typeof SERIAL_SORTS)[number];

type KeyOf<S extends Sort> = S extends `-${string}` ? never : S;

/** Splits a sort into its key and its direction. */
export function parseSort<S extends Sort>(sort: S): { key: KeyOf<S>; isDescending: boolean } {
  const isDescending = sort.startsWith('-');
  return { key: (isDescending ? sort.slice(1) : sort) as KeyOf<S>, isDescending };
}
