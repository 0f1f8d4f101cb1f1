const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

const whole = new Intl.NumberFormat('en');
const plurals = new Intl.PluralRules('en');

/** `1,204` */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1 gateway`, `1,204 gateways` */
export function countOf(value: number, noun: string): string {
  return `${formatCount(value)} ${plurals.select(value) === 'one' ? noun : `${noun}s`}`;
}

/** The largest unit, and the next one while the first is small: `12 s`, `5 min`, `1 h 20 min`, `3 d 4 h`, `12 d`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const index = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[index] ?? ['s', 1];
  const amount = Math.floor(seconds / size);
  const next = UNITS[index + 1];
  if (!next || amount >= 10 || unit === 'min') return `${amount} ${unit}`;
  const rest = Math.floor((seconds % size) / next[1]);
  return rest === 0 ? `${amount} ${unit}` : `${amount} ${unit} ${rest} ${next[0]}`;
}

/** `0.6 ms`, `12 ms`, `1.2 s` */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
