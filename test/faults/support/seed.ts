import { randomInt } from 'node:crypto';

const given = process.env['FAULTS_SEED'];

/** Where every random choice of a fault suite comes from: another one each time, or the one in `FAULTS_SEED`. */
export const faultsSeed = given === undefined || given === '' ? randomInt(2 ** 31) : Number(given);

/** Runs a test of random choices. A failure says how to repeat them. */
export async function withSeed(test: (seed: number) => Promise<void>): Promise<void> {
  try {
    await test(faultsSeed);
  } catch (error) {
    throw new Error(`failed with FAULTS_SEED=${faultsSeed}`, { cause: error });
  }
}
