import { Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { envelopeOf } from '../analysis/envelope';
import type { Band } from '../analysis/envelope';
import { spectrumOf } from '../analysis/spectrum';
import type { Scale, Spectrum } from '../analysis/spectrum';
import { convertedTo } from '../analysis/units';
import type { Quantity, Unit } from '../analysis/units';
import { MAX_RECORD } from '../analysis/velocity-rms';
import type { WindowName } from '../analysis/windows';
import type { Reach } from '../common/actor';
import { SensorNotFoundError } from '../sensors/sensor.errors';
import type { SensorRow } from '../sensors/sensor.entity';
import { SensorsService } from '../sensors/sensors.service';
import type { LineSpectrum } from './formats/line-spectrum';
import type { AxisValues } from './formats/waveform';
import type { Axis } from './reading';
import { idOf } from './reading.dto';
import {
  AxesDifferError,
  BandOutsideRecordError,
  ReadingNotFoundError,
  RecordTooLongError,
  SampleRateUnknownError,
} from './reading.errors';
import type { RateSource } from './storage/vibration-reading.entity';
import type { ReadWaveform } from './waveforms.service';

/** How a client wants a spectrum. */
export interface SpectrumRequest {
  readonly axes: readonly Axis[];
  readonly quantity: Quantity;
  readonly unit: Unit;
  readonly scale: Scale;
  readonly window: WindowName;
  /** The lines to return; undefined for all. */
  readonly fmin: number | undefined;
  readonly fmax: number | undefined;
  /** The band whose envelope to transform; null for the samples themselves. */
  readonly band: Band | null;
}

/** A spectrum of a reading. */
export interface ReadSpectrum {
  readonly spectrum: LineSpectrum;
  readonly rateSource: RateSource;
  /** Whether it can no longer change: all axes are there, and the sample rate is stored with the reading. */
  readonly isFinal: boolean;
}

interface Rate {
  readonly hz: number;
  readonly source: RateSource;
}

/** Computes spectra of readings when they are asked for; none is stored. */
@Injectable()
export class SpectraService {
  constructor(private readonly sensors: SensorsService) {}

  /**
   * @param read the axes that are asked for
   * @throws SampleRateUnknownError, AxesDifferError, RecordTooLongError, BandOutsideRecordError
   */
  async get(
    reach: Reach,
    { reading, axes, isComplete }: ReadWaveform,
    request: SpectrumRequest,
  ): Promise<ReadSpectrum> {
    const { hz, source } = await this.rateOf(reach, reading);
    const samples = commonLength(axes);
    const lines = linesToReturn(samples, hz, request);
    const analysed: { readonly axis: Axis; readonly whole: Spectrum }[] = [];
    for (const { axis, values } of axes) {
      if (analysed.length > 0) await setImmediate(); // Everything else gets its turn between two axes.
      analysed.push({ axis, whole: analyse(values, hz, request) });
    }
    const values = analysed.map(({ axis, whole: { amplitudes } }) => ({
      axis,
      values: convertedTo(request.unit, amplitudes.slice(lines.first, lines.last + 1)),
    }));
    const [{ whole: facts } = { whole: null }] = analysed;
    if (!facts) throw new Error('a waveform has an axis');
    const { quantity, unit, scale, window, band } = request;
    return {
      spectrum: {
        ...{ quantity, unit, scale, window, band, samples, axes: values, sampleRateHz: hz, firstLine: lines.first },
        ...{ dfHz: facts.dfHz, noiseBandwidthHz: facts.noiseBandwidthHz, validFromHz: facts.validFromHz },
      },
      rateSource: source,
      isFinal: isComplete && source !== 'assumed',
    };
  }

  /**
   * The sensor of a reading.
   * @throws ReadingNotFoundError if its gateway has been deleted since the reading was found
   */
  async sensorOf(
    reach: Reach,
    { sensorId, ...key }: Pick<ReadWaveform['reading'], 'sensorId' | 'day' | 'number'>,
  ): Promise<SensorRow> {
    try {
      return (await this.sensors.get(reach, sensorId)).row;
    } catch (error) {
      throw error instanceof SensorNotFoundError ? new ReadingNotFoundError(idOf(key)) : error;
    }
  }

  /** If nobody had stated the rate when the reading was stored, what is stated for the sensor now is assumed. */
  private async rateOf(reach: Reach, reading: ReadWaveform['reading']): Promise<Rate> {
    const { sampleRateHz, rateSource } = reading;
    if (sampleRateHz !== null) return { hz: sampleRateHz, source: rateSource ?? 'assumed' };
    const { settings, fsHz } = await this.sensorOf(reach, reading);
    const hz = settings.sample_rate_hz ?? fsHz;
    if (hz === null || hz <= 0) throw new SampleRateUnknownError(idOf(reading));
    return { hz, source: 'assumed' };
  }
}

function analyse(samples: Float64Array, sampleRateHz: number, request: SpectrumRequest): Spectrum {
  const { window, quantity, scale, band } = request;
  const signal = band ? envelopeOf(samples, sampleRateHz, band) : samples;
  return spectrumOf(signal, { sampleRateHz, window, quantity, scale });
}

function commonLength(axes: readonly AxisValues[]): number {
  const [first] = axes;
  const length = first?.values.length ?? 0;
  if (axes.some(({ values }) => values.length !== length)) throw new AxesDifferError();
  if (length > MAX_RECORD) throw new RecordTooLongError(MAX_RECORD);
  return length;
}

/** Line 0 of a velocity or displacement is none: a steady value cannot be integrated. */
function linesToReturn(
  samples: number,
  sampleRateHz: number,
  { quantity, fmin = 0, fmax, band }: SpectrumRequest,
): { readonly first: number; readonly last: number } {
  const [dfHz, highestHz] = [sampleRateHz / samples, sampleRateHz / 2];
  const isOutside = (low: number, high: number) => high > highestHz || lastLine(high, dfHz) < firstLine(low, dfHz);
  if (band && isOutside(band.lowHz, band.highHz)) throw new BandOutsideRecordError(highestHz, dfHz, 'band');
  const least = quantity === 'acceleration' ? 0 : 1;
  const first = Math.max(least, firstLine(fmin, dfHz));
  const last = lastLine(fmax ?? (band ? Math.min(highestHz, band.highHz - band.lowHz) : highestHz), dfHz);
  if ((fmax ?? 0) > highestHz || last < first) {
    throw new BandOutsideRecordError(highestHz, dfHz, fmax === undefined ? 'fmin' : 'fmax');
  }
  return { first, last };
}

/** Limits that rounding has moved past a line are on it. */
const TOLERANCE = 1e-9;

function firstLine(hz: number, dfHz: number): number {
  return Math.ceil((hz / dfHz) * (1 - TOLERANCE));
}

function lastLine(hz: number, dfHz: number): number {
  return Math.floor((hz / dfHz) * (1 + TOLERANCE));
}
