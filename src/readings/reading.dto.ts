import { z } from 'zod';
import { velocityProblem } from '../analysis/velocity-rms';
import { createZodDto } from '../http/contract/zod-dto';
import { id, optionalQueryInteger, timestamp } from '../http/contract/fields';
import { AXES, READING_KINDS } from './reading';
import type { Axis } from './reading';
import type { AxisFigures, ReadingView, VibrationFigures } from './storage/reading-view';
import type { ReadingKey } from './storage/readings-query.repository';

const ID = /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))-(\d{1,18})$/;

/** The id of a reading: its day and its number. */
export const readingId = z
  .string()
  .regex(ID, 'must be the id of a reading')
  .refine(hasRealDay, 'must begin with a date that exists')
  .meta({ description: 'The day of the record, and a number', example: '2026-02-09-48213' });

export const readingKind = z.enum(READING_KINDS).meta({ example: 'vibration' });
export const origin = z.enum(['live', 'history', 'acquisition']);

export class ReadingIdParamDto extends createZodDto(z.strictObject({ id: readingId })) {}

export class PinDto extends createZodDto(
  z.strictObject({ pinned: z.boolean().meta({ description: 'Whether the waveform must be kept for ever' }) }),
) {}

/** A time in a query. */
export const queryTime = z.iso.datetime({ offset: true }).meta({ example: '2026-02-09T00:00:00Z' });

export const queryPeriod = {
  from: queryTime.optional().meta({ description: 'Only what was measured at or after this time' }),
  to: queryTime.optional().meta({ description: 'Only what was measured before this time' }),
};

/** `limit` of the feed, which programs read. */
export const feedLimit = optionalQueryInteger(1, 1000).meta({
  description: 'Maximum number of readings, 100 by default',
});

const figure = z.number().nullable();

const VELOCITY_REASONS = [
  ...(['sample_rate_unknown', 'sample_rate_too_low', 'record_too_short', 'record_too_long', 'no_waveform'] as const),
  'not_computed',
] as const;
type VelocityReason = (typeof VELOCITY_REASONS)[number];
export const velocityReason = z.enum(VELOCITY_REASONS);

const axisFigures = z
  .object({
    mean: figure,
    rms: figure.meta({
      description: 'Root mean square. The mean is removed before this and the following are computed',
    }),
    peak: figure.meta({ description: 'Largest distance from the mean' }),
    peak_to_peak: figure,
    crest: figure.meta({ description: '`peak` by `rms`' }),
    kurtosis: figure.meta({ description: '3 for a normal distribution' }),
    velocity_rms: figure.meta({ description: 'RMS of the velocity from 10 to 1,000 Hz, in mm/s' }),
    velocity_rms_reason: velocityReason.nullable().meta({
      description:
        'Why `velocity_rms` is null. `record_too_short`: the record holds less than eight periods of 10 Hz (0.8 s); ' +
        '`sample_rate_too_low`: it does not reach 1,000 Hz; `sample_rate_unknown`: nobody had stated it when the reading was stored; ' +
        '`no_waveform`: the record has no samples of this axis; `not_computed`: the axis is shorter than the record, or the ' +
        'reading was stored when nobody had stated the sample rate',
    }),
    reported: z
      .object({ peak: figure, peak_to_peak: figure, rms: figure })
      .meta({ id: 'ReportedStatistics', description: 'What the gateway sent; null if it sent none' }),
  })
  .meta({ id: 'AxisStatistics', description: 'In g, unless stated otherwise. Null: unknown' });

const vibration = z
  .object({
    samples: z.int().meta({ description: 'Samples of the longest axis', example: 4096 }),
    sample_rate_hz: z.number().nullable().meta({ description: 'As it was when the reading was stored', example: 6400 }),
    rate_source: z
      .enum(['sensor', 'operator', 'assumed'])
      .nullable()
      .meta({ description: 'Who stated the sample rate' }),
    waveform_state: z.enum(['stored', 'thinned', 'none', 'pending']).meta({
      description: '`thinned`: the waveform was deleted when its time was over. `pending`: it is expected',
    }),
    pinned: z.boolean().meta({ description: 'Whether the waveform is kept for ever' }),
    axes: z.object({ x: axisFigures.optional(), y: axisFigures.optional(), z: axisFigures.optional() }),
  })
  .meta({ id: 'VibrationFigures' });

const reading = z
  .object({
    id: readingId,
    kind: readingKind,
    sensor_id: id,
    serial: z.int().meta({ description: 'Serial of the sensor', example: 211001 }),
    gateway_id: id.meta({ description: 'UUID of the gateway' }),
    factory_id: id,
    record_id: z.int().nullable().meta({ description: 'Number of the record at the gateway; null if it has none' }),
    era: z.int().meta({ description: 'Counts how often the gateway has begun to number its records anew', example: 1 }),
    measured_at: timestamp.meta({
      description:
        '`time_text` in the zone of the clock of the gateway, or of the factory; the time of receipt if that is unreadable',
    }),
    time_text: z.string().nullable().meta({ description: 'As the gateway wrote it', example: '02/09/2026 10:00' }),
    time_quality: z.enum(['minute', 'second', 'day', 'ambiguous', 'shifted', 'receipt', 'implausible']).meta({
      description:
        'How exact `measured_at` is. `ambiguous`: in the hour that is repeated when summer time ends; `shifted`: in the one that is ' +
        'skipped when it begins; `receipt`: the time of receipt; `implausible`: before 2000, or days ahead',
    }),
    received_at: timestamp,
    origin: origin.meta({
      description:
        '`live`: a notification; `history`: fetched from the gateway later; `acquisition`: ordered through this service',
    }),
    value: z.number().nullable().meta({
      description: 'The temperature or the charge, in the unit of the gateway; null for vibration',
    }),
    vibration: vibration.nullable().meta({ description: 'Null for other kinds' }),
    extra: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Further fields of the record, as received' }),
  })
  .meta({ id: 'Reading' });

export class ReadingDto extends createZodDto(reading) {}
export const readings = z.array(reading);

/** PostgreSQL refuses dates that do not exist. */
function hasRealDay(readingId: string): boolean {
  const day = readingId.slice(0, 10);
  const time = Date.parse(`${day}T00:00:00Z`);
  return day >= '0001' && !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

export function keyOf(readingId: string): ReadingKey {
  const [, day = '', number = ''] = ID.exec(readingId) ?? [];
  return { day, number };
}

export function idOf({ day, number }: ReadingKey): string {
  return `${day}-${number}`;
}

export function toReadingDto(row: ReadingView): ReadingDto {
  const recordId = Number(row.recordId);
  return {
    id: idOf(row),
    kind: row.kind,
    sensor_id: row.sensorId,
    serial: Number(row.serial),
    gateway_id: row.gatewayId,
    factory_id: row.factoryId,
    record_id: recordId < 0 ? null : recordId,
    era: row.era,
    measured_at: row.measuredAt.toISOString(),
    time_text: row.timeText,
    time_quality: row.timeQuality,
    received_at: row.receivedAt.toISOString(),
    origin: row.origin,
    value: row.value,
    vibration: row.vibration && toVibrationDto(row.vibration),
    extra: row.extra,
  };
}

function toVibrationDto({ axes, ...figures }: VibrationFigures): NonNullable<ReadingDto['vibration']> {
  const present = AXES.flatMap((axis): [Axis, ReturnType<typeof toAxisDto>][] => {
    const found = axes[axis];
    return found ? [[axis, toAxisDto(found, figures)]] : [];
  });
  return {
    samples: figures.samples,
    sample_rate_hz: figures.sampleRateHz,
    rate_source: figures.rateSource,
    waveform_state: figures.waveformState,
    pinned: figures.pinned,
    axes: Object.fromEntries(present),
  };
}

function toAxisDto(figures: AxisFigures, record: Omit<VibrationFigures, 'axes'>) {
  const { mean, rms, peak, crest, kurtosis } = figures;
  return {
    ...{ mean, rms, peak, peak_to_peak: figures.peakToPeak, crest, kurtosis, velocity_rms: figures.velocityRms },
    velocity_rms_reason: velocityReasonOf(figures, record),
    reported: { peak: figures.reportedPeak, peak_to_peak: figures.reportedPeakToPeak, rms: figures.reportedRms },
  };
}

/** Why the velocity of an axis is unknown; null if it is known. */
export function velocityReasonOf(
  { velocityRms, mean }: AxisFigures,
  { samples, sampleRateHz }: Omit<VibrationFigures, 'axes'>,
): VelocityReason | null {
  if (velocityRms !== null) return null;
  return mean === null ? 'no_waveform' : (velocityProblem(samples, sampleRateHz) ?? 'not_computed');
}
