import fc from 'fast-check';
import { spectrumOf } from '../../../analysis/spectrum';
import { aWaveform } from '../formats.harness';
import type { LineSpectrum } from '../line-spectrum';
import { toSpectrumSvg, toWaveformSvg, withValidLines } from './drawings';
import { ticksBetween } from './ticks';
import { escaped } from './xml';

const CAPTION = { title: 'Press 4', subtitle: '2026-05-21 14:07:00 UTC' };
const textsIn = (svg: string) => Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text]) => text);
const pathsIn = (svg: string) =>
  Array.from(svg.matchAll(/ d="([^"]*)"/g), ([, path = '']) =>
    path
      .split(/[ML]/)
      .slice(1)
      .map((point) => point.split(' ').map(Number)),
  );

describe('toWaveformSvg', () => {
  it('names the sensor, the time, the units and the axes, and has a panel for each axis', () => {
    const svg = toWaveformSvg(aWaveform({ x: [0, 1, -1, 0.5], z: [2, -2, 0, 1] }, { sampleRateHz: 2 }), CAPTION);
    expect(textsIn(svg)).toEqual(
      expect.arrayContaining([
        'Press 4',
        '2026-05-21 14:07:00 UTC · 4 samples · 2 Hz',
        'time in s',
        'x in g',
        'z in g',
        '-1',
        '0.5',
      ]),
    );
    expect(pathsIn(svg)).toHaveLength(2);
    expect(pathsIn(svg)[0]).toHaveLength(4);
  });

  it('counts samples if the sample rate is unknown', () => {
    const svg = toWaveformSvg(aWaveform({ y: [0, 1] }, { sampleRateHz: null, unit: 'm_s2' }), CAPTION);
    expect(textsIn(svg)).toEqual(
      expect.arrayContaining(['sample', 'y in m/s²', '2026-05-21 14:07:00 UTC · 2 samples · sample rate unknown']),
    );
  });

  it('shows a peak of one sample among a hundred thousand', () => {
    const samples = new Array<number>(100_000).fill(0).with(77_777, 1);
    const [path = []] = pathsIn(toWaveformSvg(aWaveform({ x: samples }), CAPTION));
    expect(path.length).toBeLessThan(2000);
    const [base, peak] = [Math.max(...path.map(([, y = 0]) => y)), Math.min(...path.map(([, y = 0]) => y))];
    expect(base - peak).toBeGreaterThan(100);
    expect(path.find(([, y]) => y === peak)?.[0]).toBeCloseTo(84 + 850 * 0.77777, 0);
  });

  it('is a drawing for a record that is empty, or has equal samples, or a single one', () => {
    for (const x of [[], [3], [3, 3, 3], [0], [1e-300, -1e-300], [1e300, 0]]) {
      const svg = toWaveformSvg(aWaveform({ x }), CAPTION);
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });

  it('is well-formed, and fetches nothing, whatever the name of the sensor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (title) => {
        const svg = toWaveformSvg(aWaveform({ x: [0, 1] }), { ...CAPTION, title });
        expect(isWellFormed(svg)).toBe(true);
        expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
          /<(script|style|image|use|a)\b|href=|url\(|style=/,
        );
      }),
    );
  });
});

describe('toSpectrumSvg', () => {
  const RATE = 6400;
  /** A spectrum of a sine between two lines. */
  function aSpectrum(window: 'hann' | 'flattop', unit: 'g' | 'mm_s' = 'g'): LineSpectrum {
    const samples = Float64Array.from({ length: 3200 }, (_, n) => 2 * Math.sin((2 * Math.PI * 121 * n) / RATE));
    const quantity = unit === 'g' ? 'acceleration' : 'velocity';
    const { amplitudes, dfHz, noiseBandwidthHz, validFromHz } = spectrumOf(samples, {
      sampleRateHz: RATE,
      window,
      quantity,
      scale: 'peak',
    });
    return {
      ...{ quantity, unit, scale: 'peak', window, sampleRateHz: RATE, samples: 3200, dfHz, firstLine: 0, band: null },
      ...{ noiseBandwidthHz, validFromHz, axes: [{ axis: 'y', values: amplitudes }] },
    };
  }

  it('labels the highest line with the amplitude that the flat-top window shows', () => {
    const texts = textsIn(toSpectrumSvg(aSpectrum('hann'), aSpectrum('flattop'), CAPTION));
    const label = texts.find((text) => text?.includes(' Hz: ')) ?? '';
    const [, hz, amplitude] = /^([\d.]+) Hz: ([\d.]+) g$/.exec(label) ?? [];
    expect(Math.abs(Number(hz) - 121)).toBeLessThanOrEqual(2);
    expect(Number(amplitude)).toBeCloseTo(2, 1);
    expect(texts).toEqual(
      expect.arrayContaining([
        'frequency in Hz',
        'y in g',
        '2026-05-21 14:07:00 UTC · acceleration, peak · Hann window · 1601 lines, 2 Hz apart',
      ]),
    );
  });

  it('labels noise with the amplitude that is drawn, since a flat-top window shows more of it', () => {
    const noisy = (height: number) => ({
      ...aSpectrum('hann'),
      axes: [{ axis: 'x' as const, values: new Float64Array(1601).fill(0.5).fill(height, 100, 101) }],
    });
    expect(textsIn(toSpectrumSvg(noisy(1), noisy(1.6), CAPTION))).toContain('200 Hz: 1 g');
    expect(textsIn(toSpectrumSvg(noisy(1), noisy(1.1), CAPTION))).toContain('200 Hz: 1.1 g');
  });

  it('leaves out the lines of a velocity that are not valid, and keeps them all of an acceleration', () => {
    const part = withValidLines(aSpectrum('hann', 'mm_s'));
    expect([part.firstLine, part.axes[0]?.values.length]).toEqual([8, 1601 - 8]);
    expect(withValidLines(aSpectrum('hann'))).toEqual(aSpectrum('hann'));
    const low = { ...aSpectrum('hann', 'mm_s'), axes: [{ axis: 'x' as const, values: new Float64Array(5) }] };
    expect(withValidLines(low)).toBe(low);
  });

  it('labels nothing if there is nothing', () => {
    const silent = { ...aSpectrum('hann'), axes: [{ axis: 'x' as const, values: new Float64Array(10) }] };
    const svg = toSpectrumSvg(silent, silent, CAPTION);
    expect(textsIn(svg).filter((text) => text?.includes(' Hz: '))).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('ticksBetween', () => {
  it.each([
    [0, 1, 5, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [-1.2, 1.2, 5, ['-1.0', '-0.5', '0.0', '0.5', '1.0']],
    [0, 3200, 10, ['0', '500', '1000', '1500', '2000', '2500', '3000']],
    [0.123, 0.126, 3, ['0.123', '0.124', '0.125', '0.126']],
    [0, 4e-9, 4, ['0', '1e-9', '2e-9', '3e-9', '4e-9']],
  ])('from %d to %d', (low, high, count, labels) => {
    expect(ticksBetween(low, high, count).map(({ label }) => label)).toEqual(labels);
  });

  it('are within the range, and about as many as wanted, for any range', () => {
    const size = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        size,
        fc.integer({ min: 3, max: 12 }),
        (low, width, count) => {
          fc.pre(width > Math.abs(low) * 1e-9);
          const ticks = ticksBetween(low, low + width, count);
          const slack = width * 1e-6;
          expect(ticks.every(({ value }) => value >= low - slack && value <= low + width + slack)).toBe(true);
          expect(ticks.length).toBeLessThanOrEqual(count + 1);
          expect(ticks.length).toBeGreaterThanOrEqual(Math.floor(count / 2.6));
        },
      ),
    );
  });
});

it('escaped text can be read back, but for characters that XML does not have', () => {
  expect(escaped(`<a b="c" d='e'>&amp;`)).toBe('&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;');
  expect(escaped('\0\x1b\ufffe\ud800 é😀\t')).toBe('\ufffd\ufffd\ufffd\ufffd é😀\t');
});

/** Whether tags match, and text and attributes hold no character that must be escaped or cannot be written. */
function isWellFormed(xml: string): boolean {
  const isWritable = (character: string) => character >= ' ' || '\t\n\r'.includes(character);
  if (!xml.isWellFormed() || !Array.from(xml).every(isWritable) || /[\ufffe\uffff]/.test(xml)) return false;
  const open: string[] = [];
  const rest = xml
    .replace(/^<\?xml[^?]*\?>/, '')
    .replace(
      /<(\/?)([a-z]+)((?: [\w:-]+="[^"<>]*")*)(\/?)>/gi,
      (_, end: string, name: string, __: string, alone: string) => {
        if (alone) return '';
        if (!end) open.push(name);
        else if (open.pop() !== name) open.push('!');
        return '';
      },
    );
  return open.length === 0 && !/[<>]/.test(rest) && !/&(?!(?:amp|lt|gt|quot|apos);)/.test(xml);
}
