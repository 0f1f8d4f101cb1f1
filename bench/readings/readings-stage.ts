import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { CompletenessDto } from '../../src/readings/catch-up/completeness.dto';
import { bodyOf } from '../../test/support/api-client';
import type { ApiClient } from '../../test/support/api-client';
import { eventually } from '../../test/support/eventually';
import type { Bench } from '../bench';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { apiOf, startProduct } from '../support/product';
import { SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';
import type { Rows } from '../support/rows';
import { bareSessions, productSessions, untilConnected } from '../support/sessions';
import type { Sending, SenderOptions, Sent } from './sender';
import { TABLES } from './sent-kind';
import type { SentKind } from './sent-kind';

/** A side that stores. */
export interface Hub {
  readonly side: Side;
  readonly process: BenchProcess;
  /** Of its API; empty for the bare program, which has none. */
  readonly url: string;
}

const GATEWAYS: SenderOptions = { gateways: 10, sensors: 20, samples: 4096 };

/** Here ten gateways may send as much as a whole fleet. */
const UNLIMITED = { GATEWAY_MAX_BYTES_PER_SECOND: '1000000000' };

const POLL_MS = 10;
const PATIENCE_MS = 60_000;

/** Gateways that send readings to both sides, and the database in which both store them. */
export class ReadingsStage {
  private constructor(
    private readonly bench: Bench,
    private readonly database: BenchDatabase,
    private readonly pool: Pool,
    readonly sender: BenchProcess,
    private readonly prefixes: Round<string>,
    readonly rows: Rows,
  ) {}

  static async start(bench: Bench): Promise<ReadingsStage> {
    const { dir, cleanUp } = bench;
    const database = await BenchDatabase.start(bench);
    // Without statistics, PostgreSQL would look for new rows by reading the whole table of one side, and by the index of the other.
    const pool = new Pool({ connectionString: database.url, max: 1, options: '-c enable_seqscan=off' });
    pool.on('error', () => undefined); // An idle connection fails when the server stops.
    cleanUp.add(() => pool.end());
    const sender = cleanUp.keep(new BenchProcess('bench/readings/sender.js', { dir, args: GATEWAYS }));
    await sender.listens();
    const prefixOf = (side: Side): string => new RegExp(`${side} at (.*)1$`, 'm').exec(sender.output)?.[1] ?? '';
    const prefixes = { product: prefixOf('product'), baseline: prefixOf('baseline') };
    const urls = Array.from({ length: GATEWAYS.gateways }, (_, index) => `${prefixes.product}${index + 1}`);
    return new ReadingsStage(bench, database, pool, sender, prefixes, await database.fill(urls, 'connected'));
  }

  /** @param variables settings that differ from the default */
  async launchProduct(variables: Record<string, string> = {}): Promise<Hub> {
    const process = startProduct(this.bench, this.database, { ...UNLIMITED, ...variables });
    const api = await apiOf(process);
    await untilConnected(productSessions(api), GATEWAYS.gateways);
    await Promise.all(this.rows.gatewayIds.map((id) => eventually(() => untilCaughtUp(api, id), PATIENCE_MS)));
    return { side: 'product', process, url: api.url };
  }

  async launchBaseline(): Promise<Hub> {
    const { dir, cleanUp } = this.bench;
    const fleet = { prefix: this.prefixes.baseline, count: GATEWAYS.gateways, login: DEFAULT_LOGIN };
    const args = { databaseUrl: this.database.url, fleet };
    const process = cleanUp.keep(new BenchProcess('bench/baselines/bare-readings.js', { dir, args }));
    await process.listens();
    await untilConnected(bareSessions(process), GATEWAYS.gateways);
    return { side: 'baseline', process, url: '' };
  }

  send(sending: Sending): Promise<Sent> {
    return this.sender.ask<Sent>(sending);
  }

  /** The number of the last reading that is stored; zero if there is none. */
  async lastNumber(side: Side, kind: SentKind): Promise<number> {
    return this.ask(`SELECT COALESCE(max(number), 0)::float8 AS answer FROM ${TABLES[side][kind]}`);
  }

  /** How many readings have been committed after that number. */
  async storedSince(side: Side, kind: SentKind, number: number): Promise<number> {
    return this.ask(`SELECT count(*)::float8 AS answer FROM ${TABLES[side][kind]} WHERE number > $1`, [number]);
  }

  /**
   * Waits until `count` readings have been committed after that number. @returns when, in epoch milliseconds
   * @throws Error if that takes a minute
   */
  async untilStored(hub: Hub, kind: SentKind, since: number, count: number): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    const table = TABLES[hub.side][kind];
    // Only what is new since the last look, so that looking does not slow down the writer: commits have the order of the numbers.
    const look = `SELECT count(*)::float8 AS found, COALESCE(max(number), $1)::float8 AS last FROM ${table} WHERE number > $1`;
    let [stored, last] = [0, since];
    for (;;) {
      const { rows } = await this.pool.query<{ found: number; last: number }>(look, [last]);
      stored += rows[0]?.found ?? NaN;
      last = rows[0]?.last ?? NaN;
      if (stored >= count) return Date.now();
      if (performance.now() > deadline) {
        throw new Error(`only ${stored} of ${count} readings were stored:\n${hub.process.output.slice(-5000)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Bytes of the tables, TOAST tables and indexes by the number of readings. */
  async bytesPerReading(side: Side, kind: SentKind): Promise<number> {
    const table = TABLES[side][kind];
    const tables = side === 'product' && kind === 'reading' ? [table, 'waveforms'] : [table];
    const bytes = await this.ask(
      `SELECT sum(pg_total_relation_size(part.relid))::float8 AS answer
       FROM unnest($1::text[]) AS given (name), pg_partition_tree(given.name::regclass) AS part`,
      [tables],
    );
    return bytes / (await this.storedSince(side, kind, 0));
  }

  private async ask(sql: string, values: readonly unknown[] = []): Promise<number> {
    const { rows } = await this.pool.query<{ answer: number }>(sql, [...values]);
    return rows[0]?.answer ?? NaN;
  }
}

/** The service asks gateways for their histories first. That is not measured here. */
async function untilCaughtUp(api: ApiClient, gatewayId: string): Promise<void> {
  const { kinds } = await bodyOf<CompletenessDto>(api.get(`/api/gateways/${gatewayId}/completeness`));
  const open = kinds.find(({ statement }) => statement === 'catching_up' || statement === 'unknown');
  if (open) throw new Error(`the ${open.kind} of a gateway is ${open.statement}`);
}

/** Starts both sides. */
export async function launchBoth(stage: ReadingsStage, variables: Record<string, string>): Promise<Round<Hub>> {
  return { product: await stage.launchProduct(variables), baseline: await stage.launchBaseline() };
}

export async function stopBoth(hubs: Round<Hub>): Promise<void> {
  for (const side of SIDES) await hubs[side].process.stop();
}
