/** What a spectrum shows. */
export const QUANTITIES = ['acceleration', 'velocity', 'displacement'] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** The units of each quantity. The first one is that of the results of this folder. */
export const UNITS = {
  acceleration: ['g', 'm_s2'],
  velocity: ['mm_s', 'in_s'],
  displacement: ['um', 'mil'],
} as const satisfies Readonly<Record<Quantity, readonly string[]>>;
export type Unit = (typeof UNITS)[Quantity][number];

/** Metres per second squared in one g, by definition. */
export const STANDARD_GRAVITY = 9.80665;
const MILLIMETRES_PER_INCH = 25.4;

/** How many of each unit are in one of the first unit of its quantity. */
const PER_BASE: Readonly<Record<Unit, number>> = {
  g: 1,
  m_s2: STANDARD_GRAVITY,
  mm_s: 1,
  in_s: 1 / MILLIMETRES_PER_INCH,
  um: 1,
  mil: 1 / MILLIMETRES_PER_INCH, // A thousandth of an inch.
};

/** Values in g, mm/s or µm, in another unit of their quantity. */
export function convertedTo(unit: Unit, values: Float64Array): Float64Array {
  const factor = PER_BASE[unit];
  return factor === 1 ? values : values.map((value) => value * factor);
}

/** How people write a unit. */
export const SYMBOLS: Readonly<Record<Unit, string>> = {
  g: 'g',
  m_s2: 'm/s²',
  mm_s: 'mm/s',
  in_s: 'in/s',
  um: 'µm',
  mil: 'mil',
};
