const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long the steps of a trend can be, the shortest first. */
export const BUCKETS = ['10m', '1h', '6h', '1d', '1w', '1mo'] as const;
export type Bucket = (typeof BUCKETS)[number];

interface Step {
  /** About, for a day or longer. */
  readonly ms: number;
  /** SQL: the start of the bucket of a reading. `$1` is the zone of the factory. */
  readonly start: string;
}

/** Hours are the same everywhere, days are those of the factory. */
const STEPS: Readonly<Record<Bucket, Step>> = {
  '10m': { ms: 10 * MINUTE_MS, start: bin('10 minutes') },
  '1h': { ms: HOUR_MS, start: bin('1 hour') },
  '6h': { ms: 6 * HOUR_MS, start: bin('6 hours') },
  '1d': { ms: DAY_MS, start: `date_trunc('day', measured_at, $1)` },
  '1w': { ms: 7 * DAY_MS, start: `date_trunc('week', measured_at, $1)` },
  '1mo': { ms: 30 * DAY_MS, start: `date_trunc('month', measured_at, $1)` },
};

/** As many points as a drawing shows. */
const AUTO_BUCKETS = 500;

/** The shortest bucket that divides a span of time in a number that a drawing can show. */
export function bucketFor(spanMs: number): Bucket {
  return BUCKETS.find((bucket) => bucketsIn(spanMs, bucket) <= AUTO_BUCKETS) ?? '1mo';
}

/** About how many buckets a span of time has. */
export function bucketsIn(spanMs: number, bucket: Bucket): number {
  return Math.ceil(spanMs / STEPS[bucket].ms);
}

/** SQL: the start of the bucket of a reading. `$1` is the zone of the factory. */
export function startSql(bucket: Bucket): string {
  return STEPS[bucket].start;
}

function bin(width: string): string {
  return `date_bin('${width}', measured_at, '2000-01-01 00:00+00')`;
}
