import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey } from '../../src/common/api-key-format';
import { measureLoads } from '../api/measure-loads';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { LoadSender } from '../support/load-sender';
import { apiOf, startProduct } from '../support/product';
import type { Load } from '../support/load-generator';

const CONNECTIONS = 32;

/** What is compared: an answer from memory, a row, a page, a change. */
const KINDS = ['status', 'get-gateway', 'list-gateways', 'update-gateway'] as const;

/**
 * Measures what API keys cost: the service with `AUTH=keys`, whose every request carries a key, against the service with `AUTH=off`. Each has
 * a database of its own, since only one service of a database runs its sessions.
 */
export async function authPart(bench: Bench): Promise<Figure[]> {
  const { size, dir, cleanUp } = bench;
  const sender = new LoadSender(cleanUp.keep(new BenchProcess('bench/support/load-generator.js', { dir })));
  const key = generateKey();
  const withKeys = await startSide(bench, 'keys', { AUTH: 'keys', BOOTSTRAP_API_KEY: key });
  const withoutKeys = await startSide(bench, 'off', { AUTH: 'off' });

  const figures: Figure[] = [];
  for (const kind of KINDS) {
    const load = ({ url, rows }: Running, headers: Record<string, string>): Omit<Load, 'seconds'> => ({
      ...{ url, headers, connections: CONNECTIONS },
      requests: { kind, rows },
    });
    const loads = { product: load(withKeys, { authorization: `Bearer ${key}` }), baseline: load(withoutKeys, {}) };
    const subject = { id: `auth.${kind}`, title: `${kind}, with keys against without`, unit: 'requests/s' };
    figures.push(await measureLoads(sender, subject, loads, size));
  }
  return figures;
}

type Running = Awaited<ReturnType<typeof startSide>>;

async function startSide(bench: Bench, name: string, variables: Record<string, string>) {
  const dir = join(bench.dir, name);
  await mkdir(dir);
  const own = { ...bench, dir };
  const database = await BenchDatabase.start(own);
  const urls = Array.from({ length: bench.size.apiGateways }, () => 'ws://127.0.0.1:9');
  const rows = await database.fill(urls, 'disconnected');
  const product = startProduct(own, database, variables);
  return { url: (await apiOf(product)).url, rows };
}
