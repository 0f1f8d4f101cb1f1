import { Client as Sql, escapeIdentifier } from 'pg';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { Client } from '../fuzz/client';
import { callersOf } from '../fuzz/callers';
import { operationsOf } from '../fuzz/document';
import type { Document, Operation } from '../fuzz/document';
import { describeFailure, Fuzz } from '../fuzz/fuzz';
import { SECRET } from '../fuzz/secrets';
import { settings } from '../fuzz/settings';
import { captureLog } from '../support/captured-log';
import { queryDatabase } from '../support/database';
import { KeyedService } from '../support/keyed-service';
import { aRecord, aWave } from '../integration/support/readings';
import { storeReadings } from '../support/readings';
import { SHORT_HISTORY } from '../support/short-history';

const { runs, seed, path } = settings;

/** With fewer requests, an operation may never be carried out. */
const ENOUGH = path === null ? 10_000 : Infinity;
jest.setTimeout(120_000 + runs * 30);

const VARIABLES = {
  NODE_ENV: 'production', // Its log is JSON, which costs less.
  LOG_LEVEL: 'info',
  ALLOWED_HOSTS: 'hub.example',
  TRUSTED_PROXIES: '127.0.0.0/8',
  GATEWAY_NETWORKS: '127.0.0.0/8, ::1/128',
  // Gateways that do not exist are dialled all the time; more often than this only takes time.
  RECONNECT_MIN_MS: '2000',
  RECONNECT_MAX_MS: '5000',
  HEARTBEAT_INTERVAL_MS: '5000',
};

let service: KeyedService;
let device: SimulatedGateway;
let operations: readonly Operation[];
let fuzz: Fuzz;
const errors: string[] = [];
const linesWithSecret: string[] = [];

beforeAll(async () => {
  captureLog((text) => {
    for (const line of text.split('\n')) {
      if (line.includes('request failed')) errors.push(line);
      if (SECRET.test(line)) linesWithSecret.push(line);
    }
  });
  service = await KeyedService.start(VARIABLES);
  device = await SimulatedGateway.listen(SHORT_HISTORY);
  operations = operationsOf((await service.get('/docs-json', null).expect(200)).body as Document);
  fuzz = new Fuzz(service.url, operations, device.url, await callersOf(service), async (gateways) => {
    const axes = { x: aWave(), y: aWave(2) };
    const stored = await storeReadings(
      service.app,
      gateways.map((id) => aRecord(id, { kind: 'vibration', axes })),
    );
    await queryDatabase(service.database, 'UPDATE sensors SET fs_hz = 12800 WHERE fs_hz IS NULL'); // Spectra need it.
    return stored;
  });
});

afterAll(async () => {
  fuzz.close();
  await service.close();
  await device.close();
  jest.restoreAllMocks();
});

it('API-05, API-06, QUAL-03, SEC-02, SEC-07, SEC-09: every answer to random requests is declared, matches its schema and obeys the scopes and reach of the caller, and others are answered meanwhile', async () => {
  const others = sendOthers();
  const failure = path === null ? await fuzz.run(runs, seed) : await fuzz.shrink(seed, path);
  const statuses = await others.stop();
  if (failure) {
    const smallest = path === null ? await fuzz.shrink(failure.seed, failure.path) : failure;
    const hint = smallest ? '' : 'Alone, this request does not fail; others were in flight.\n';
    throw new Error(`${hint}${describeFailure(smallest ?? failure)}\n${errors.join('')}`);
  }
  expect(errors).toEqual([]);
  expect([...statuses]).toEqual([200]);
  if (runs >= ENOUGH) expect(withoutAnswer()).toEqual([]);
});

it('CRYPTO-01, CRYPTO-02, SEC-06: no password that was sent, and no API key, is in a row or in the log', async () => {
  expect(linesWithSecret).toEqual([]);
  expect(await tablesWithSecret()).toEqual([]);
});

/** Operations that were never carried out, or never refused. With so few requests, the suite would show little. */
function withoutAnswer(): string[] {
  return operations.flatMap(({ id }) => {
    const answers = [...(fuzz.answers.get(id)?.keys() ?? [])];
    return ['2', '4']
      .filter((first) => !answers.some((answer) => answer.startsWith(first)))
      .map((first) => `${id} ${first}xx`);
  });
}

/** Sends one request after another, until it is stopped. Resolves with their statuses; 0 if one was not answered. */
function sendOthers(): { stop(): Promise<ReadonlySet<number>> } {
  const client = new Client(service.url);
  const statuses = new Set<number>();
  let isOver = false;
  const send = async (): Promise<void> => {
    while (!isOver) {
      const request = { method: 'GET', target: '/api/health/live', headers: {}, body: null };
      statuses.add(
        await client.send(request).then(
          ({ status }) => status,
          () => 0,
        ),
      );
    }
  };
  const sending = send();
  const stop = async () => {
    isOver = true;
    await sending;
    client.close();
    return statuses;
  };
  return { stop };
}

/** Every table is searched, whatever it is for. */
async function tablesWithSecret(): Promise<string[]> {
  const sql = new Sql({ connectionString: service.database.url });
  await sql.connect();
  try {
    const { rows } = await sql.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(rows.map(({ name }) => name)).toContain('gateways');
    const found: string[] = [];
    for (const { name } of rows) {
      const query = `SELECT 1 FROM ${escapeIdentifier(name)} AS row WHERE row::text ~ $1 LIMIT 1`;
      if ((await sql.query(query, [SECRET.source])).rowCount !== 0) found.push(name);
    }
    return found;
  } finally {
    await sql.end();
  }
}
