import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureLoads } from '../api/measure-loads';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { LoadSender } from '../support/load-sender';
import { apiOf, startProduct } from '../support/product';
import type { Load } from '../support/load-generator';
import { measureIdleStatements } from './idle-statements';
import { KEYS, OFF } from './modes';
import type { Mode } from './modes';

const CONNECTIONS = 32;

/** What is compared: an answer from memory, a row, a page, a change. */
const KINDS = ['status', 'get-gateway', 'list-gateways', 'update-gateway'] as const;

/**
 * Measures what API keys cost: the service with `AUTH=keys`, whose every request carries a key, against the service with `AUTH=off`. Each has
 * a database of its own, since only one service of a database runs its sessions.
 */
export async function authPart(bench: Bench): Promise<Figure[]> {
  const figures = await measureRequests(bench);
  for (const mode of [KEYS, OFF]) figures.push(await measureIdleStatements(bench, mode));
  return figures;
}

async function measureRequests(bench: Bench): Promise<Figure[]> {
  const { size, dir, cleanUp } = bench;
  const sender = new LoadSender(cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir })));
  const sides = { product: await startSide(bench, KEYS), baseline: await startSide(bench, OFF) };

  const figures: Figure[] = [];
  for (const kind of KINDS) {
    const load = ({ url, rows, headers }: Running): Omit<Load, 'seconds'> => ({
      ...{ url, headers, connections: CONNECTIONS },
      requests: { kind, rows },
    });
    const loads = { product: load(sides.product), baseline: load(sides.baseline) };
    const subject = { id: `auth.${kind}`, title: `${kind}, with keys against without`, unit: 'requests/s' };
    figures.push(await measureLoads(sender, subject, loads, size));
  }
  for (const { process } of Object.values(sides)) await process.stop();
  return figures;
}

type Running = Awaited<ReturnType<typeof startSide>>;

async function startSide(bench: Bench, { name, variables, headers }: Mode) {
  const dir = join(bench.dir, name);
  await mkdir(dir);
  const own = { ...bench, dir };
  const database = await BenchDatabase.start(own);
  const urls = Array.from({ length: bench.size.apiGateways }, () => 'ws://127.0.0.1:9');
  const rows = await database.fill(urls, 'disconnected');
  const process = startProduct(own, database, variables);
  return { process, url: (await apiOf(process)).url, rows, headers };
}
