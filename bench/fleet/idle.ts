import { setTimeout as sleep } from 'node:timers/promises';
import type { Size } from '../size';
import { SIDES } from '../support/rounds';
import type { Round } from '../support/rounds';
import { untilConnected } from '../support/sessions';
import type { Hub, Plant } from './plant';

/** Cost of an idle fleet on each side, round by round. */
export interface Idle {
  /** Milliseconds of processor time per session and minute. */
  readonly cpu: Round<number>[];
  /** Resident memory of the whole process, in kilobytes. */
  readonly memory: Round<number>[];
  /** Statements per minute that the product sent to the database. */
  readonly statements: number;
}

/** Measures both sides at once, each with an idle fleet. */
export async function measureIdle(plant: Plant, count: number, size: Size): Promise<Idle> {
  const hubs = await launchBoth(plant, count);
  await sleep(size.settle * 1000);
  await memoryOf(hubs, size); // Collects the garbage of the start first, so that it does not count in a round.

  const cpu: Round<number>[] = [];
  const memory: Round<number>[] = [];
  const startedAt = performance.now();
  const statements = await plant.database.countStatements(async () => {
    for (let round = 0; round < size.rounds; round += 1) {
      cpu.push(await cpuOf(hubs, size.idleRound, count));
      memory.push(await memoryOf(hubs, size));
    }
  });
  const minutes = (performance.now() - startedAt) / 60_000;

  for (const side of SIDES) await hubs[side].process.stop();
  return { cpu, memory, statements: statements / minutes };
}

async function launchBoth(plant: Plant, count: number): Promise<Round<Hub>> {
  await plant.populate(count);
  const hubs = { product: await plant.launch('product', count), baseline: await plant.launch('baseline', count) };
  for (const side of SIDES) await untilConnected(hubs[side].sessions, count);
  return hubs;
}

async function memoryOf({ product, baseline }: Round<Hub>, { release }: Size): Promise<Round<number>> {
  return {
    product: (await product.process.settledMb(release)) * 1024,
    baseline: (await baseline.process.settledMb(release)) * 1024,
  };
}

async function cpuOf(hubs: Round<Hub>, seconds: number, count: number): Promise<Round<number>> {
  const used = (): Round<number> => ({
    product: hubs.product.process.cpuSeconds,
    baseline: hubs.baseline.process.cpuSeconds,
  });
  const [before, startedAt] = [used(), performance.now()];
  await sleep(seconds * 1000);
  const [after, minutes] = [used(), (performance.now() - startedAt) / 60_000];
  const perSession = (side: 'product' | 'baseline'): number => ((after[side] - before[side]) * 1000) / minutes / count;
  return { product: perSession('product'), baseline: perSession('baseline') };
}
