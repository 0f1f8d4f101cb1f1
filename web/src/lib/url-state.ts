/** What the address of a page says after `?`, before it is checked. */
export type RawSearch = Record<string, unknown>;

/** A text of the address; undefined if it is empty or no text. */
export function textIn(search: RawSearch, name: string): string | undefined {
  const value = search[name];
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  return text === '' ? undefined : text;
}

/** The known values of a parameter that may be repeated, in their usual order; undefined if there is none. */
export function choicesIn<Value extends string>(
  search: RawSearch,
  name: string,
  known: readonly Value[],
): Value[] | undefined {
  const given = [search[name]].flat();
  const chosen = known.filter((value) => given.includes(value));
  return chosen.length === 0 ? undefined : chosen;
}

/** One of the known values; undefined if it is another, or the default, which an address need not name. */
export function choiceIn<Value extends string>(
  search: RawSearch,
  name: string,
  known: readonly Value[],
  byDefault?: Value,
): Value | undefined {
  const value = known.find((each) => each === search[name]);
  return value === byDefault ? undefined : value;
}

/** A whole number within limits; undefined if it is another, or the default. */
export function numberIn(
  search: RawSearch,
  name: string,
  { min, max, byDefault }: { min: number; max: number; byDefault: number },
): number | undefined {
  const value = Number(search[name]);
  return Number.isInteger(value) && value >= min && value <= max && value !== byDefault ? value : undefined;
}

/** A number that is not negative, such as a frequency; undefined if it is another, or is not given. */
export function amountIn(search: RawSearch, name: string): number | undefined {
  const text = textIn(search, name);
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A UUID; undefined if it is another text. */
export function idIn(search: RawSearch, name: string): string | undefined {
  const text = textIn(search, name);
  return text !== undefined && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text : undefined;
}

/** Reads the part of an address after `?`: parameters that are given several times become lists. */
export function parseSearch(text: string): RawSearch {
  const search: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const earlier = search[name];
    search[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  return search;
}

/** The reverse of `parseSearch`, with the `?`; empty without parameters. Lists are repeated: `?state=a&state=b`. */
export function stringifySearch(search: RawSearch): string {
  const pairs = Object.entries(search).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => (isPrintable(each) ? [[name, String(each)]] : [])),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function isPrintable(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
