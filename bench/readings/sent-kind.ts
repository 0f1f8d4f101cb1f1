/** What the gateways send, by the name that the simulator gives it. */
export type SentKind = 'reading' | 'temp';

/** Where the readings of each kind are stored. Rows have a `number` that rises. */
export const TABLES = {
  product: { reading: 'vibration_readings', temp: 'temperature_readings' },
  baseline: { reading: 'bare_vibration', temp: 'bare_temperatures' },
} as const satisfies Record<'product' | 'baseline', Record<SentKind, string>>;
