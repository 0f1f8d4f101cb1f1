import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { optionalQueryInteger, timestamp } from '../http/contract/fields';
import { toNumbers } from './formats/numbers';
import { ACCELERATION_UNITS } from './formats/waveform';
import type { AccelerationUnit, Waveform } from './formats/waveform';
import { AXES } from './reading';
import type { Axis } from './reading';
import { readingId } from './reading.dto';

const FORMATS = ['json', 'csv', 'f32', 'npy', 'wav'] as const;
export type WaveformFormat = (typeof FORMATS)[number];

/** `?axis=x,z` */
export const axisList = z
  .string()
  .regex(/^[xyz](,[xyz]){0,2}$/, 'must be x, y and z, separated by commas')
  .prefault('x,y,z')
  .meta({ description: 'Axes to return, separated by commas', example: 'x,z' });

export class WaveformQueryDto extends createZodDto(
  z.strictObject({
    axis: axisList,
    unit: z.enum(ACCELERATION_UNITS).prefault('g').meta({ description: '`m_s2`: metres per second squared' }),
    points: optionalQueryInteger(2, 1_048_576).meta({
      description:
        'Thins a waveform that has more samples, for drawing: an axis gets at most this many values, the minimum and then the ' +
        'maximum of each bucket of samples, so no peak is missed. Not for `wav`, which always has all samples',
    }),
    format: z
      .enum(FORMATS)
      .prefault('json')
      .meta({
        description:
          '`csv`: a row for each sample. `f32`: little-endian float32, axis after axis, described by headers. `npy`: the same as an ' +
          'array with a row for each axis, for `numpy.load`. `wav`: float32, a channel for each axis',
      }),
  }),
) {}

const values = z.array(z.number()).optional();

export class WaveformDto extends createZodDto(
  z
    .object({
      reading_id: readingId,
      unit: z.enum(ACCELERATION_UNITS),
      sample_rate_hz: z.number().nullable().meta({ example: 6400 }),
      t0: timestamp.meta({ description: 'Time of the first sample: `measured_at` of the reading' }),
      rounded: z.boolean().meta({
        description: 'Whether samples were rounded to single precision. Those with up to six decimals are not',
      }),
      samples_per_bucket: z.int().nullable().meta({
        description:
          'Null: each value is a sample. Otherwise values 2n and 2n + 1 are the minimum and the maximum of bucket n, which has this many samples',
      }),
      axes: z
        .object({ x: values, y: values, z: values })
        .meta({ description: 'The values of each axis, in the order of time' }),
    })
    .meta({ id: 'Waveform' }),
) {}

/** How a client wants a waveform. */
export interface WaveformRequest {
  readonly axes: readonly Axis[];
  readonly unit: AccelerationUnit;
  readonly points: number | undefined;
  readonly format: WaveformFormat;
}

export function toWaveformRequest({ axis, unit, points, format }: WaveformQueryDto): WaveformRequest {
  return { axes: axesIn(axis), unit, points, format };
}

/** The axes of an `axisList`, in their order. */
export function axesIn(list: string): Axis[] {
  return AXES.filter((axis) => list.includes(axis));
}

export function toWaveformDto(id: string, waveform: Waveform, rounded: boolean): WaveformDto {
  return {
    reading_id: id,
    unit: waveform.unit,
    sample_rate_hz: waveform.sampleRateHz,
    t0: waveform.startsAt.toISOString(),
    rounded,
    samples_per_bucket: waveform.samplesPerBucket,
    axes: Object.fromEntries(waveform.axes.map(({ axis, values }) => [axis, toNumbers(values)])),
  };
}
