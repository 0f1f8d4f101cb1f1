import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { settings } from '../../../../test/fuzz/settings';
import { countOf, decodeAxis, encodeAxis, isRounded } from './axis-codec';

/** Set `FUZZ_RUNS=10000` to try more. */
const RUNS = settings.cases;

/** In the second byte of a block. */
const LOW_PLAIN = 0x40;

const roundTrip = async (samples: Float64Array): Promise<Float64Array> => decodeAxis(await encodeAxis(samples));

/** As a gateway writes numbers: through text with that many decimals. */
const printed = (value: number, decimals: number): number => Number(value.toFixed(decimals));

/** Samples of one axis with up to six decimals: noise, steps and slow signals, of every size that 32 bits hold. */
const decimalSamples = fc
  .record({
    decimals: fc.nat({ max: 6 }),
    size: fc.constantFrom(1, 100, 30_000, 40_000, 2_000_000, 2_147_483_646),
    slope: fc.constantFrom(0, 0, 1, 1000),
    noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 300 }),
  })
  .map(({ decimals, size, slope, noise }) =>
    Float64Array.from(noise, (value, index) => {
      const integer = Math.trunc(value * size + slope * index) % 2_147_483_647;
      return (integer + 0) / 10 ** decimals + 0;
    }),
  );

describe('the codec of waveforms', () => {
  it('gives back every sample with up to six decimals', async () => {
    await fc.assert(
      fc.asyncProperty(decimalSamples, async (samples) => {
        const block = await encodeAxis(samples);
        expect(isRounded(block)).toBe(false);
        expect(countOf(block)).toBe(samples.length);
        expect(decodeAxis(block)).toEqual(samples);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives back any finite samples to single precision at least', async () => {
    const samples = fc.float64Array({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(samples, async (given) => {
        const decoded = await roundTrip(given);
        expect(decoded).toHaveLength(given.length);
        given.forEach((sample, index) => {
          const error = Math.abs((decoded[index] ?? NaN) - sample);
          expect(error).toBeLessThanOrEqual(Math.max(Math.abs(sample) * 2 ** -24, 1e-44));
        });
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['no samples', []],
    ['one sample', [0.1234]],
    ['the limits of 16 bits', [-3.2768, 3.2767]],
    ['one beyond them', [-3.2769, 3.2767]],
    ['the limits of 32 bits', [-2147.483648, 2147.483647]],
    ['values whose differences wrap around', [3.2767, -3.2768, 3.2767, -3.2768]],
    ['more decimals after the first 64 samples', [...Array<number>(64).fill(1), 0.5, 0.25, 0.123456]],
  ])('gives back %s exactly', async (_, given) => {
    const block = await encodeAxis(Float64Array.from(given));
    expect([...decodeAxis(block)]).toEqual(given);
    expect(isRounded(block)).toBe(false);
  });

  it('gives back 2^20 samples exactly', async () => {
    const samples = Float64Array.from({ length: 2 ** 20 }, (_, index) => printed(Math.sin(index / 7) * 4, 5));
    expect(Buffer.from((await roundTrip(samples)).buffer).equals(Buffer.from(samples.buffer))).toBe(true);
  }, 30_000);

  it.each([
    ['seven decimals', [0.1234567]],
    ['a third', [1 / 3]],
    ['more than 32 bits of decimals', [2147.483648]],
  ])('declares that %s are rounded', async (_, given) => {
    const block = await encodeAxis(Float64Array.from(given));
    expect(isRounded(block)).toBe(true);
    expect([...decodeAxis(block)]).toEqual(given.map(Math.fround));
  });

  it.each([NaN, Infinity, -Infinity, 1e39])('refuses %d', async (wrong) => {
    for (const at of [0, 99]) {
      const samples = new Float64Array(100);
      samples[at] = wrong;
      await expect(encodeAxis(samples)).rejects.toThrow(RangeError);
    }
  });

  it('refuses blocks that are cut, longer than they say, or of an unknown codec', async () => {
    const block = await encodeAxis(Float64Array.from({ length: 100 }, (_, index) => index / 10));
    for (let length = 0; length < block.length; length += 1) {
      expect(() => decodeAxis(block.subarray(0, length))).toThrow();
    }
    const other = (change: (copy: Buffer) => void): Buffer => {
      const copy = Buffer.from(block);
      change(copy);
      return copy;
    };
    expect(() => decodeAxis(other((copy) => copy.writeUInt32LE(99, 2)))).toThrow();
    expect(() => decodeAxis(other((copy) => copy.writeUInt32LE(101, 2)))).toThrow();
    expect(() => decodeAxis(other((copy) => copy.writeUInt8(9, 0)))).toThrow('unknown codec');
  });

  it.each([
    ['16 bits', 0.1, 4],
    ['32 bits', 10, 5],
    ['single precision', 1, 9],
  ])('does not compress the low bytes of noise of %s, and gives it back', async (_, size, decimals) => {
    const noise = Float64Array.from(
      { length: 4096 },
      (__, index) => printed(size * Math.sin(index * index * 1.7), decimals) + 0,
    );
    const block = await encodeAxis(noise);
    expect((block[1] ?? 0) & LOW_PLAIN).toBe(LOW_PLAIN);
    expect(decodeAxis(block)).toEqual(decimals > 6 ? new Float64Array(new Float32Array(noise)) : noise);
    const slow = await encodeAxis(
      Float64Array.from({ length: 4096 }, (__, index) => printed(Math.sin(index / 500), 4)),
    );
    expect((slow[1] ?? 0) & LOW_PLAIN).toBe(0);
  });

  it('reads blocks whose low bytes are compressed, too', () => {
    const values = Array.from({ length: 600 }, (_, index) => (index * 7919) % 256);
    const head = Buffer.from([1, 0, 0x58, 0x02, 0, 0]);
    const block = Buffer.concat([head, deflateSync(Uint8Array.from([...values, ...values.map(() => 0)]))]);
    expect([...decodeAxis(block)]).toEqual(values);
  });

  it('takes differences of neighbours where they are smaller', async () => {
    const slow = Float64Array.from({ length: 4096 }, (_, index) => printed(Math.sin(index / 500), 4));
    const quick = Float64Array.from({ length: 4096 }, (_, index) => printed(Math.sin(index * index) * 0.1, 4));
    expect((await encodeAxis(slow))[1]).toBe(0x80 | 4);
    expect((await encodeAxis(quick))[1]).toBe(LOW_PLAIN | 4);
  });
});
