/** What has an id; the rows of a list. */
interface Identified {
  readonly id: string;
}

/** The rows in the order in which they are shown already; those that are new come last. */
export function inOrderOf<Row extends Identified>(shown: readonly string[], rows: readonly Row[]): Row[] {
  const places = new Map(shown.map((id, place) => [id, place]));
  const placeOf = ({ id }: Row): number => places.get(id) ?? shown.length;
  return rows.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** How many rows are shown at another place than the one they have in `rows`. */
export function countMisplaced(shown: readonly Identified[], rows: readonly Identified[]): number {
  return shown.filter(({ id }, place) => rows[place]?.id !== id).length;
}
