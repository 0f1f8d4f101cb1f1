import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { linesOf } from './formats/line-spectrum';
import type { LineSpectrum } from './formats/line-spectrum';
import { toSpectrumCsv } from './formats/spectrum-csv';

/** What the values of a CSV file are, as headers. */
export function spectrumFactsOf(spectrum: LineSpectrum): Record<string, string> {
  return {
    'x-axes': spectrum.axes.map(({ axis }) => axis).join(','),
    'x-unit': spectrum.unit,
    'x-scale': spectrum.scale,
    'x-sample-rate-hz': String(spectrum.sampleRateHz),
    'x-window': spectrum.window,
    'x-df-hz': String(spectrum.dfHz),
    'x-lines': String(linesOf(spectrum)),
    'x-enbw-hz': String(spectrum.noiseBandwidthHz),
    'x-valid-from-hz': String(spectrum.validFromHz),
  };
}

/** What the headers of `spectrumFactsOf` mean. */
export const SPECTRUM_FACTS: Readonly<Record<string, string>> = {
  'X-Axes': 'The axes, in the order of the file',
  'X-Unit': 'Unit of the amplitudes',
  'X-Scale': 'How amplitudes are expressed',
  'X-Sample-Rate-Hz': 'Sample rate of the record',
  'X-Window': 'Window of the transform',
  'X-Df-Hz': 'Distance of the lines',
  'X-Lines': 'Number of lines',
  'X-Enbw-Hz': 'Equivalent noise bandwidth of the window',
  'X-Valid-From-Hz': 'The record holds eight periods of this frequency',
};

/** @param name of the file, without an extension */
export function toSpectrumFile(name: string, spectrum: LineSpectrum): StreamableFile {
  const disposition = `attachment; filename="${name}.csv"`;
  return new StreamableFile(Readable.from(toSpectrumCsv(spectrum)), { type: 'text/csv; charset=utf-8', disposition });
}
