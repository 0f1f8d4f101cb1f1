import { setTimeout as sleep } from 'node:timers/promises';
import type { Size } from '../size';
import { SIDES } from '../support/rounds';
import type { Round } from '../support/rounds';
import { untilConnected } from '../support/sessions';
import type { Hub, Plant } from './plant';

/** What an idle fleet costs each side, round by round. */
export interface Idle {
  /** Milliseconds of processor time for each session and minute. */
  readonly cpu: Round<number>[];
  /** Kilobytes of resident memory for each session, above what the program holds without any. */
  readonly memory: Round<number>[];
  /** That the product sent to the database in a minute. */
  readonly statements: number;
}

/** Watches both sides at once, each with a fleet that has nothing to say. @param emptyMb what they hold without a session */
export async function measureIdle(plant: Plant, count: number, size: Size, emptyMb: Round<number>): Promise<Idle> {
  const hubs = await launchBoth(plant, count);
  await sleep(size.settle * 1000);
  await memoryOf(hubs, size); // So that no round pays for what the start left behind.

  const cpu: Round<number>[] = [];
  const memory: Round<number>[] = [];
  const startedAt = performance.now();
  const statements = await plant.database.countStatements(async () => {
    for (let round = 0; round < size.rounds; round += 1) {
      cpu.push(await cpuOf(hubs, size.idleRound, count));
      const mb = await memoryOf(hubs, size);
      memory.push({
        product: ((mb.product - emptyMb.product) * 1024) / count,
        baseline: ((mb.baseline - emptyMb.baseline) * 1024) / count,
      });
    }
  });
  const minutes = (performance.now() - startedAt) / 60_000;

  for (const side of SIDES) await hubs[side].process.stop();
  return { cpu, memory, statements: statements / minutes };
}

/** Megabytes that either program holds without a gateway. */
export async function measureEmpty(plant: Plant, size: Size): Promise<Round<number>> {
  const hubs = await launchBoth(plant, 0);
  await sleep(size.settle * 1000); // What the start left behind is not all given back at once.
  const mb = await memoryOf(hubs, size);
  for (const side of SIDES) await hubs[side].process.stop();
  return mb;
}

async function launchBoth(plant: Plant, count: number): Promise<Round<Hub>> {
  await plant.populate(count);
  const hubs = { product: await plant.launch('product', count), baseline: await plant.launch('baseline', count) };
  for (const side of SIDES) if (count > 0) await untilConnected(hubs[side].sessions, count);
  return hubs;
}

async function memoryOf({ product, baseline }: Round<Hub>, { release }: Size): Promise<Round<number>> {
  return { product: await product.process.settledMb(release), baseline: await baseline.process.settledMb(release) };
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
