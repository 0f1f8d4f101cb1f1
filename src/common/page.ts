import type { Sort } from './sort';

/** A row's place in a sorted list. */
export interface ListPosition {
  /** The value that the list is sorted by: a name, or an integer as text, such as a time in microseconds since 1970. */
  readonly key: string;
  readonly id: string;
}

/** The page of a list to return: the rows from `offset` on, or those that follow `after`. */
export interface PageRequest<S extends string = Sort> {
  readonly limit: number;
  /** With `after`: the number of rows before the page, taken from the cursor; no rows are skipped. */
  readonly offset: number;
  /** By name if absent. */
  readonly sort?: S;
  readonly after?: ListPosition & { readonly total: number };
}

/** One page of a list, and the length of the whole list. After a cursor, that is the length when paging began. */
export interface Page<Item> {
  readonly items: Item[];
  readonly total: number;
  /** The position of the last item, if more follow. */
  readonly next?: ListPosition;
}
