import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, timestamp } from '../http/contract/fields';
import { queryTime } from './reading.dto';
import { BUCKETS, bucketFor, bucketsIn } from './storage/buckets';
import { METRICS, sourceOf } from './storage/metrics';
import type { Metric } from './storage/metrics';
import type { Trend, TrendPoint, TrendQuery } from './storage/readings-query.repository';
import { TooManyBucketsError } from './reading.errors';

const DAY_MS = 86_400_000;
const DEFAULT_PERIOD_MS = 30 * DAY_MS;
/** Of one trend. */
const MAX_BUCKETS = 10_000;

const AGGREGATES = ['min', 'avg', 'max', 'last', 'count'] as const;
type Aggregate = (typeof AGGREGATES)[number];

const listOf = (names: Iterable<string>) => {
  const name = `(${Array.from(names, (each) => each.replace('.', '\\.')).join('|')})`;
  return new RegExp(`^${name}(,${name}){0,19}$`);
};

export class TrendQueryDto extends createZodDto(
  z.strictObject({
    metric: z.string().regex(listOf(METRICS.keys()), 'must be metrics, separated by commas').meta({
      description:
        'What to show, separated by commas: `temperature`, `battery`, or a figure of an axis, such as `x.rms` or `z.velocity_rms`',
      example: 'x.rms,temperature',
    }),
    from: queryTime.optional().meta({ description: 'The start; 30 days before the end by default' }),
    to: queryTime.optional().meta({ description: 'The end, which is not included; now by default' }),
    bucket: z
      .enum(['auto', ...BUCKETS])
      .prefault('auto')
      .meta({
        description:
          'Length of a step. `auto`: as short as gives at most 500 steps. A day or longer begins at midnight in the factory',
      }),
    agg: z
      .string()
      .regex(listOf(AGGREGATES), 'must be min, avg, max, last and count, separated by commas')
      .prefault('min,avg,max')
      .meta({ description: 'What to compute in each step, separated by commas', example: 'avg,max' }),
  }),
) {}

const point = z
  .object({
    at: timestamp.meta({ description: 'Start of the step' }),
    min: z.number().optional(),
    avg: z.number().optional(),
    max: z.number().optional(),
    last: z.number().optional().meta({ description: 'The value that was measured last' }),
    count: z.int().optional().meta({ description: 'Number of values' }),
  })
  .meta({ id: 'TrendPoint' });

export class TrendDto extends createZodDto(
  z
    .object({
      sensor_id: id,
      from: timestamp,
      to: timestamp,
      bucket: z.enum(BUCKETS).meta({ description: 'The one that was chosen, for `auto`' }),
      time_zone: z.string().meta({ description: 'Of the factory', example: 'America/Chicago' }),
      series: z.array(
        z
          .object({
            metric: z.string().meta({ example: 'x.rms' }),
            unit: z.enum(['g', 'mm_s', 'ratio']).nullable().meta({ description: 'Null: that of the gateway' }),
            points: z.array(point).meta({ description: 'Steps without a value are absent' }),
          })
          .meta({ id: 'TrendSeries' }),
      ),
    })
    .meta({ id: 'Trend' }),
) {}

/** A trend as a client wants it. */
export interface TrendRequest extends TrendQuery {
  readonly aggregates: readonly Aggregate[];
}

/** @throws TooManyBucketsError */
export function toTrendRequest(query: TrendQueryDto, now: Date): TrendRequest {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = new Date(query.from ?? to.getTime() - DEFAULT_PERIOD_MS);
  const spanMs = Math.max(0, to.getTime() - from.getTime());
  const bucket = query.bucket === 'auto' ? bucketFor(spanMs) : query.bucket;
  if (bucketsIn(spanMs, bucket) > MAX_BUCKETS) throw new TooManyBucketsError(MAX_BUCKETS);
  const named = new Set(query.agg.split(','));
  return {
    ...{ from, to, bucket },
    metrics: [...new Set(query.metric.split(','))] as Metric[],
    aggregates: AGGREGATES.filter((aggregate) => named.has(aggregate)),
  };
}

export function toTrendDto(sensorId: string, request: TrendRequest, { timeZone, series }: Trend): TrendDto {
  return {
    sensor_id: sensorId,
    from: request.from.toISOString(),
    to: request.to.toISOString(),
    bucket: request.bucket,
    time_zone: timeZone,
    series: series.map(({ metric, points }) => ({
      metric,
      unit: sourceOf(metric).unit,
      points: points.map((each) => toPointDto(each, request.aggregates)),
    })),
  };
}

function toPointDto(point: TrendPoint, aggregates: readonly Aggregate[]): TrendDto['series'][number]['points'][number] {
  return { at: point.at.toISOString(), ...Object.fromEntries(aggregates.map((name) => [name, point[name]])) };
}
