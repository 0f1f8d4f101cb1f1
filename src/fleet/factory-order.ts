/** Orders of the factories of the fleet; `-` means descending. */
export const FACTORY_SORTS = ['name', '-name', 'trouble', '-trouble'] as const;

export type FactorySort = (typeof FACTORY_SORTS)[number];

/**
 * @param factories in the order of their names
 * @param troubleOf how many of its gateways should be connected and are not
 */
export function inOrder<Factory>(
  factories: readonly Factory[],
  sort: FactorySort,
  troubleOf: (factory: Factory) => number,
): Factory[] {
  switch (sort) {
    case 'name':
      return [...factories];
    case '-name':
      return factories.toReversed();
    case 'trouble':
      return factories.toSorted((a, b) => troubleOf(a) - troubleOf(b));
    case '-trouble':
      return factories.toSorted((a, b) => troubleOf(b) - troubleOf(a));
  }
}
