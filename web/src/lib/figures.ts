/** In every unit that is used here, smaller values are what rounding leaves of zero. */
const NOTHING = 1e-12;

/** `0.1234`, `12.35`, `1,235`: four significant digits. Null is a dash. */
export function formatFigure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size < NOTHING) return '0';
  if (size < 0.001 || size >= 1e9) return value.toExponential(2);
  return new Intl.NumberFormat('en', { maximumSignificantDigits: digits }).format(value);
}

/** With its unit, if it has one: `23.4 °C`. */
export function withUnit(value: number | null | undefined, unit: string, digits = 4): string {
  const figure = formatFigure(value, digits);
  return unit === '' || value === null || value === undefined ? figure : `${figure} ${unit}`;
}

const ENDS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The next larger number that reads well at the end of a scale: 0.4 for 0.33. 1 for 0. */
export function roundEnd(reach: number): number {
  if (reach <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(reach));
  return (ENDS.find((end) => end * power >= reach) ?? 10) * power;
}

/** How units of the API are written. */
export const UNITS = { g: 'g', m_s2: 'm/s²', mm_s: 'mm/s', in_s: 'in/s', um: 'µm', mil: 'mil', ratio: '' } as const;
export type Unit = keyof typeof UNITS;
