import { z } from 'zod';
import { seededRandom } from '../seeded-random';
import { machineSamples } from './machine';
import { seedFor } from './sampling';
import type { Sampling } from './sampling';
import { watermarkSamples } from './watermark';

const hz = z.number().positive().max(1_000_000);
const g = z.number().min(0).max(1000);
const offset = { phase: z.number().default(0), dc: z.number().min(-1000).max(1000).default(0) };
const decimals = { decimals: z.int().min(0).max(15).default(4) };

/** What an axis measures. Amplitudes are peaks in g, phases in radians; samples are rounded to `decimals` places. */
export const signalSchema = z.discriminatedUnion('kind', [
  // Running speed, a harmonic and noise; one of 64 waveforms, chosen by the record, so that a reading costs little.
  z.strictObject({ kind: z.literal('machine') }),
  z.strictObject({ kind: z.literal('sine'), hz: hz.default(50), g: g.default(1), ...offset, ...decimals }),
  z.strictObject({
    kind: z.literal('two-tone'),
    hz: z.tuple([hz, hz]).default([50, 120]),
    g: z.tuple([g, g]).default([1, 0.5]),
    ...offset,
    ...decimals,
  }),
  z.strictObject({ kind: z.literal('square'), hz: hz.default(50), g: g.default(1), ...offset, ...decimals }),
  // Gaussian. With a seed each record has the same samples; without one each has its own.
  z.strictObject({ kind: z.literal('noise'), rms: g.default(0.5), seed: z.int().optional(), ...decimals }),
  // A fault of a bearing's outer race: `fault_hz` impacts a second, each of which rings at the resonance and dies away. `snr_db` is
  // the power of the impacts by that of the white noise; null is no noise.
  z.strictObject({
    kind: z.literal('bearing'),
    fault_hz: hz.default(87),
    resonance_hz: hz.default(800),
    g: g.default(2),
    decay_per_s: z.number().positive().max(1_000_000).default(400),
    snr_db: z.number().min(-60).max(120).nullable().default(10),
    ...decimals,
  }),
  // The amplitude says which record this is: see `readWatermark`.
  z.strictObject({ kind: z.literal('watermark') }),
]);
export type Signal = z.output<typeof signalSchema>;
export type SignalName = Signal['kind'];
export const signalNames = signalSchema.options.map(({ shape }) => shape.kind.value);

/** One signal for all axes, or one for each; a null axis is missing from the record. */
export const signalsSchema = z.union([
  signalSchema.transform((signal) => ({ X: signal, Y: signal, Z: signal })),
  z.strictObject({ X: signalSchema.nullable(), Y: signalSchema.nullable(), Z: signalSchema.nullable() }),
]);
export type Signals = z.output<typeof signalsSchema>;
export type SignalsInput = z.input<typeof signalsSchema>;

/** The samples of one axis in g, exactly as they go over the wire. The same arguments give the same samples on every machine. */
export function samplesOf(signal: Signal, sampling: Sampling): number[] {
  const { samples, rateHz } = sampling;
  if (signal.kind === 'machine') return machineSamples(seedFor(sampling), samples, rateHz);
  if (signal.kind === 'watermark') return watermarkSamples(sampling);

  const scale = 10 ** signal.decimals;
  const rounded = (value: number): number => Math.round(value * scale) / scale + 0; // Not -0.
  return exactSamples(signal, sampling).map(rounded);
}

type Formula = Exclude<Signal, { kind: 'machine' | 'watermark' }>;

function exactSamples(signal: Formula, sampling: Sampling): number[] {
  const { samples, rateHz } = sampling;
  if (signal.kind === 'noise') {
    const normal = normalNumbers(signal.seed ?? seedFor(sampling));
    return Array.from({ length: samples }, () => signal.rms * normal());
  }
  if (signal.kind === 'bearing') return bearingSamples(signal, sampling);

  const { phase, dc } = signal;
  const turnAt = (frequency: number, index: number): number => (2 * Math.PI * frequency * index) / rateHz + phase;
  const valueAt = (index: number): number => {
    if (signal.kind === 'sine') return signal.g * Math.sin(turnAt(signal.hz, index));
    if (signal.kind === 'square') return Math.sin(turnAt(signal.hz, index)) >= 0 ? signal.g : -signal.g;
    const [first, second] = signal.hz;
    return signal.g[0] * Math.sin(turnAt(first, index)) + signal.g[1] * Math.sin(turnAt(second, index));
  };
  return Array.from({ length: samples }, (_, index) => dc + valueAt(index));
}

function bearingSamples(signal: Extract<Signal, { kind: 'bearing' }>, sampling: Sampling): number[] {
  const { samples, rateHz } = sampling;
  const ringsForS = Math.log(10_000) / signal.decay_per_s;
  const impacts = Array.from({ length: samples }, (_, index) => {
    const at = index / rateHz;
    let value = 0;
    for (let impact = Math.floor(at * signal.fault_hz); ; impact -= 1) {
      const age = at - impact / signal.fault_hz;
      if (age > ringsForS) break;
      value += signal.g * Math.exp(-signal.decay_per_s * age) * Math.sin(2 * Math.PI * signal.resonance_hz * age);
    }
    return value;
  });
  if (signal.snr_db === null) return impacts;

  const power = impacts.reduce((sum, value) => sum + value * value, 0) / Math.max(1, samples);
  const noise = Math.sqrt(power / 10 ** (signal.snr_db / 10));
  const normal = normalNumbers(seedFor(sampling));
  return impacts.map((value) => value + noise * normal());
}

/** Numbers of the standard normal distribution (Box–Muller). */
function normalNumbers(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
