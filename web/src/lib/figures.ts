/** `0.1234`, `12.35`, `1,235`: four significant digits, and no more than whole numbers need. Null is a dash. */
export function formatFigure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e9)) return value.toExponential(2);
  return new Intl.NumberFormat('en', { maximumSignificantDigits: digits }).format(value);
}

/** With its unit, if it has one: `23.4 °C`. */
export function withUnit(value: number | null | undefined, unit: string, digits = 4): string {
  const figure = formatFigure(value, digits);
  return unit === '' || value === null || value === undefined ? figure : `${figure} ${unit}`;
}

/** How units of the API are written. */
export const UNITS = { g: 'g', m_s2: 'm/s²', mm_s: 'mm/s', in_s: 'in/s', um: 'µm', mil: 'mil', ratio: '' } as const;
export type Unit = keyof typeof UNITS;
