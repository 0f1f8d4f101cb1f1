import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { toCsv } from './formats/csv';
import { toFloat32 } from './formats/float32';
import { toNpy } from './formats/npy';
import { toWav } from './formats/wav';
import { lengthOf } from './formats/waveform';
import type { Waveform } from './formats/waveform';
import { SampleRateUnknownError } from './reading.errors';
import type { WaveformFormat } from './waveform.dto';

/** What a headerless file needs to be understood, as headers. */
export function factsOf(waveform: Waveform): Record<string, string> {
  return {
    'x-axes': waveform.axes.map(({ axis }) => axis).join(','),
    'x-values-per-axis': String(lengthOf(waveform)),
    'x-unit': waveform.unit,
    'x-sample-rate-hz': String(waveform.sampleRateHz ?? ''),
    'x-samples-per-bucket': String(waveform.samplesPerBucket ?? ''),
    'x-t0': waveform.startsAt.toISOString(),
  };
}

/** What the headers of `factsOf` mean. */
export const FACTS: Readonly<Record<string, string>> = {
  'X-Axes': 'The axes, in the order of the file',
  'X-Values-Per-Axis': 'Number of values of each axis',
  'X-Unit': 'Unit of the values',
  'X-Sample-Rate-Hz': 'Empty if it is unknown',
  'X-Samples-Per-Bucket': 'Empty unless the waveform is thinned',
  'X-T0': 'Time of the first sample',
};

/**
 * @param id of the reading, for the name of the file
 * @throws SampleRateUnknownError if the format needs one
 */
export function toFile(id: string, waveform: Waveform, format: Exclude<WaveformFormat, 'json'>): StreamableFile {
  const disposition = `attachment; filename="${id}.${format}"`;
  switch (format) {
    case 'csv':
      return new StreamableFile(Readable.from(toCsv(waveform)), { type: 'text/csv; charset=utf-8', disposition });
    case 'f32':
      return new StreamableFile(toFloat32(waveform), { type: 'application/octet-stream', disposition });
    case 'npy':
      return new StreamableFile(toNpy(waveform), { type: 'application/octet-stream', disposition });
    case 'wav':
      if (waveform.sampleRateHz === null) throw new SampleRateUnknownError(id);
      return new StreamableFile(toWav(waveform, waveform.sampleRateHz), { type: 'audio/wav', disposition });
  }
}
