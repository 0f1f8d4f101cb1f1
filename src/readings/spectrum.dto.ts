import { z } from 'zod';
import { SCALES } from '../analysis/spectrum';
import { QUANTITIES, UNITS } from '../analysis/units';
import type { Unit } from '../analysis/units';
import { WINDOWS } from '../analysis/windows';
import { optionalQueryNumber } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { frequencyOf, linesOf } from './formats/line-spectrum';
import type { LineSpectrum } from './formats/line-spectrum';
import { toNumbers } from './formats/numbers';
import { ACCELERATION_UNITS } from './formats/waveform';
import { readingId } from './reading.dto';
import type { ReadSpectrum, SpectrumRequest } from './spectra.service';
import { axesIn, axisList } from './waveform.dto';

const MOST_HZ = 1_000_000;
const ALL_UNITS = [...UNITS.acceleration, ...UNITS.velocity, ...UNITS.displacement] as const;
const FORMATS = ['json', 'csv'] as const;

const lineOptions = {
  window: z
    .enum(WINDOWS)
    .prefault('hann')
    .meta({
      description:
        '`hann`: separates neighbouring frequencies. `flattop`: shows amplitudes within 0.2 %, wherever a frequency is between two ' +
        'lines. `none`: for records that hold whole periods',
    }),
  scale: z
    .enum(SCALES)
    .prefault('peak')
    .meta({ description: 'How amplitudes are expressed: as the peak, the RMS, or the peak to peak value of a sine' }),
  fmin: optionalQueryNumber(MOST_HZ).meta({ description: 'The lowest frequency to return, in Hz' }),
  fmax: optionalQueryNumber(MOST_HZ).meta({
    description: 'The highest frequency to return, in Hz. At most half of the sample rate, which is the default',
  }),
};
const format = z.enum(FORMATS).prefault('json').meta({ description: '`csv`: a row for each line' });

const quantity = z.enum(QUANTITIES).prefault('acceleration').meta({
  description: '`velocity` and `displacement` are integrated line by line, from the first line on',
});
const unit = z
  .enum(ALL_UNITS)
  .optional()
  .meta({
    description:
      '`g` or `m_s2` for acceleration, `mm_s` or `in_s` for velocity, `um` or `mil` (a thousandth of an inch) for displacement; the ' +
      'first of each by default',
  });

interface Limits {
  readonly fmin?: number | undefined;
  readonly fmax?: number | undefined;
}
const isOrdered = ({ fmin, fmax }: Limits) => fmin === undefined || fmax === undefined || fmin <= fmax;
const ORDERED = { message: 'must not be less than fmin', path: ['fmax'] };

interface Measured {
  readonly quantity: keyof typeof UNITS;
  readonly unit?: Unit | undefined;
}
const isUnitOf = ({ quantity: of, unit: wanted }: Measured) =>
  wanted === undefined || (UNITS[of] as readonly Unit[]).includes(wanted);
const FITTING = { message: 'must be a unit of the quantity', path: ['unit'] };

const spectrumOptions = { axis: axisList, quantity, unit, ...lineOptions };

export class SpectrumQueryDto extends createZodDto(
  z
    .strictObject({ ...spectrumOptions, format })
    .refine(isOrdered, ORDERED)
    .refine(isUnitOf, FITTING),
) {}

export class SpectrumDrawingQueryDto extends createZodDto(
  z.strictObject(spectrumOptions).refine(isOrdered, ORDERED).refine(isUnitOf, FITTING),
) {}

const BAND = /^(\d{1,7}(?:\.\d{1,6})?)-(\d{1,7}(?:\.\d{1,6})?)$/;

export class EnvelopeQueryDto extends createZodDto(
  z
    .strictObject({
      axis: axisList,
      band: z
        .string()
        .regex(BAND, 'must be two frequencies in Hz, such as 500-5000')
        .refine((text) => bandIn(text).lowHz < bandIn(text).highHz, 'must begin with the lower frequency')
        .prefault('500-5000')
        .meta({ description: 'Where the resonance is that impacts excite, in Hz', example: '500-5000' }),
      unit: z.enum(ACCELERATION_UNITS).prefault('g'),
      ...lineOptions,
      fmax: lineOptions.fmax.meta({
        description: 'The highest frequency to return, in Hz. The width of the band by default',
      }),
      format,
    })
    .refine(isOrdered, ORDERED),
) {}

const values = z.array(z.number()).optional();
const hertz = z.number();

const spectrum = {
  reading_id: readingId,
  sample_rate_hz: hertz.meta({ example: 6400 }),
  rate_source: z.enum(['sensor', 'operator', 'assumed']).meta({
    description:
      'Who stated the sample rate. `assumed`: nobody had when the reading was stored, so it is the present one of the sensor',
  }),
  samples: z.int().meta({ description: 'Samples of the record', example: 4096 }),
  scale: z.enum(SCALES),
  window: z.enum(WINDOWS),
  df_hz: hertz.meta({ description: 'Distance of the lines', example: 1.5625 }),
  lines: z.int().meta({ description: 'Number of lines returned', example: 1600 }),
  from_hz: hertz.meta({ description: 'Frequency of the first line; that of value n is `from_hz` + n × `df_hz`' }),
  enbw_hz: hertz.meta({
    description:
      'Equivalent noise bandwidth of the window. Noise is RMS² by this; the power of a band is the sum of RMS² × df_hz / enbw_hz',
  }),
  valid_from_hz: hertz.meta({
    description:
      'The record holds eight periods of this frequency. Amplitudes of lower ones are uncertain, above all of velocities',
  }),
  axes: z
    .object({ x: values, y: values, z: values })
    .meta({ description: 'The amplitudes of each axis, in the order of frequency' }),
};

export class SpectrumDto extends createZodDto(
  z.object({ ...spectrum, quantity: z.enum(QUANTITIES), unit: z.enum(ALL_UNITS) }).meta({ id: 'Spectrum' }),
) {}

export class EnvelopeDto extends createZodDto(
  z
    .object({
      ...spectrum,
      unit: z.enum(ACCELERATION_UNITS),
      band: z.object({ low_hz: hertz, high_hz: hertz }).meta({ description: 'The band whose envelope this is' }),
    })
    .meta({ id: 'EnvelopeSpectrum' }),
) {}

export function toSpectrumRequest(query: SpectrumDrawingQueryDto): SpectrumRequest {
  const { axis, unit: wanted, quantity: of, window, scale, fmin, fmax } = query;
  return { axes: axesIn(axis), quantity: of, unit: wanted ?? UNITS[of][0], window, scale, fmin, fmax, band: null };
}

export function toEnvelopeRequest({ axis, band, unit: wanted, ...query }: EnvelopeQueryDto): SpectrumRequest {
  const { window, scale, fmin, fmax } = query;
  return {
    ...{ axes: axesIn(axis), quantity: 'acceleration', unit: wanted, window, scale, fmin, fmax },
    band: bandIn(band),
  };
}

export function toSpectrumDto(id: string, { spectrum: read, rateSource }: ReadSpectrum): SpectrumDto {
  return { ...toLinesDto(id, read, rateSource), quantity: read.quantity, unit: read.unit };
}

export function toEnvelopeDto(id: string, { spectrum: read, rateSource }: ReadSpectrum): EnvelopeDto {
  const { band, unit: returned } = read;
  if (!band || (returned !== 'g' && returned !== 'm_s2'))
    throw new Error('an envelope has a band, and is an acceleration');
  const lines = toLinesDto(id, read, rateSource);
  return { ...lines, unit: returned, band: { low_hz: band.lowHz, high_hz: band.highHz } };
}

function toLinesDto(id: string, read: LineSpectrum, rateSource: ReadSpectrum['rateSource']) {
  return {
    reading_id: id,
    sample_rate_hz: read.sampleRateHz,
    rate_source: rateSource,
    ...{ samples: read.samples, scale: read.scale, window: read.window },
    df_hz: read.dfHz,
    lines: linesOf(read),
    from_hz: frequencyOf(read, 0),
    enbw_hz: read.noiseBandwidthHz,
    valid_from_hz: read.validFromHz,
    axes: Object.fromEntries(read.axes.map(({ axis, values: of }) => [axis, toNumbers(of)])),
  };
}

function bandIn(text: string): { lowHz: number; highHz: number } {
  const [, low, high] = BAND.exec(text) ?? [];
  return { lowHz: Number(low), highHz: Number(high) };
}
