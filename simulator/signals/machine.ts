import { seededRandom, seedOf } from '../seeded-random';

// Rendering thousands of numbers is the main cost of a reading. There are only this many shapes, so each can be kept as text.
const SHAPES = 64;

/** The shape that a seed chooses. Not by its bits: those of the three axes of a record follow from each other. */
export function machineShape(seed: number): number {
  return Math.floor(seededRandom(seed)() * SHAPES);
}

/** A plausible machine in g: running speed, a harmonic and noise, rounded to 0.0001. Seeds of the same shape give the same samples. */
export function machineSamples(seed: number, samples: number, rateHz: number): number[] {
  const random = seededRandom(seedOf(machineShape(seed), samples));
  const runningSpeedHz = 20 + 30 * random();
  const amplitude = 0.05 + 0.5 * random();
  const harmonic = 0.4 * amplitude * random();
  const noise = 0.1 * amplitude;
  const phase = 2 * Math.PI * random();

  return Array.from({ length: samples }, (_, index) => {
    const turn = (2 * Math.PI * runningSpeedHz * index) / rateHz + phase;
    const value = amplitude * Math.sin(turn) + harmonic * Math.sin(2 * turn) + noise * (2 * random() - 1);
    return Math.round(value * 10_000) / 10_000 + 0; // Not -0.
  });
}
