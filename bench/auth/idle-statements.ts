import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { startGateways, urlsOf } from '../support/gateways';
import { apiOf, startProduct, UNPACED } from '../support/product';
import { productSessions, untilConnected } from '../support/sessions';
import type { Mode } from './modes';

/** Counts the statements that the service sends to the database while its fleet is idle. */
export async function measureIdleStatements(bench: Bench, { name, variables, headers }: Mode): Promise<Figure> {
  const { size } = bench;
  const [count = 0] = size.idleFleets;
  const dir = join(bench.dir, `idle-${name}`);
  await mkdir(dir);
  const own = { ...bench, dir };
  const database = await BenchDatabase.start(own);
  await database.fill(urlsOf(await startGateways(own, count), count), 'connected');
  const product = startProduct(own, database, { ...variables, ...UNPACED });
  await untilConnected(productSessions(await apiOf(product, headers)), count);
  await sleep(size.settle * 1000);

  const startedAt = performance.now();
  const statements = await database.countStatements(() => sleep(size.rounds * size.idleRound * 1000));
  const minutes = (performance.now() - startedAt) / 60_000;
  await product.stop();
  const title = `database statements, ${count} idle, AUTH=${name}`;
  return { id: `auth.statements-${name}`, title, unit: '/min', count: statements / minutes };
}
