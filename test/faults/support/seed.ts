import { randomInt } from 'node:crypto';

const given = process.env['FAULTS_SEED'];

/** The seed of every random choice in a fault suite: a new one each time, or the one in `FAULTS_SEED`. */
export const faultsSeed = given === undefined || given === '' ? randomInt(2 ** 31) : Number(given);

/** Runs a test with random choices. A failure says how to repeat them. */
export async function withSeed(test: (seed: number) => Promise<void>): Promise<void> {
  try {
    await test(faultsSeed);
  } catch (error) {
    throw new Error(`failed with FAULTS_SEED=${faultsSeed}`, { cause: error });
  }
}
