/** Orders of the factories and organizations of the fleet; `-` means descending. */
export const FLEET_SORTS = ['name', '-name', 'trouble', '-trouble'] as const;

export type FleetSort = (typeof FLEET_SORTS)[number];

/**
 * @param rows in the order of their names
 * @param troubleOf how many of its gateways should be connected and are not
 */
export function inOrder<Row>(rows: readonly Row[], sort: FleetSort, troubleOf: (row: Row) => number): Row[] {
  switch (sort) {
    case 'name':
      return [...rows];
    case '-name':
      return rows.toReversed();
    case 'trouble':
      return rows.toSorted((a, b) => troubleOf(a) - troubleOf(b));
    case '-trouble':
      return rows.toSorted((a, b) => troubleOf(b) - troubleOf(a));
  }
}
