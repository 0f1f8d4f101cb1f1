/** The values that differ from what they were; what is not an object of JSON is compared by its text. */
export function changesOf<Values extends object>(before: object, values: Values): Partial<Values> {
  const old = new Map(Object.entries(before));
  const changed = Object.entries(values).filter(([name, value]) => !isSame(value, old.get(name)));
  return Object.fromEntries(changed) as Partial<Values>;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
