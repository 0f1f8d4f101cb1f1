import { Client as Sql, escapeIdentifier } from 'pg';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { Client } from '../fuzz/client';
import { operationsOf } from '../fuzz/document';
import type { Document, Operation } from '../fuzz/document';
import { describeFailure, Fuzz } from '../fuzz/fuzz';
import { SECRET_MARK } from '../fuzz/secrets';
import { settings } from '../fuzz/settings';
import { captureLog } from '../support/captured-log';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';

const { runs, seed, path } = settings;
jest.setTimeout(120_000 + runs * 30);

const VARIABLES = {
  NODE_ENV: 'production', // Its log is JSON, which costs less.
  LOG_LEVEL: 'info',
  AUTH: 'off',
  RATE_LIMIT_FACTOR: '0',
  GATEWAY_NETWORKS: '127.0.0.0/8, ::1/128',
  // Gateways that do not exist are dialled all the time; more often than this only takes time.
  RECONNECT_MIN_MS: '2000',
  RECONNECT_MAX_MS: '5000',
  HEARTBEAT_INTERVAL_MS: '5000',
};

let service: TestApp;
let device: SimulatedGateway;
let operations: readonly Operation[];
let fuzz: Fuzz;
const errors: string[] = [];
const linesWithSecret: string[] = [];

beforeAll(async () => {
  captureLog((text) => {
    for (const line of text.split('\n')) {
      if (line.includes('request failed')) errors.push(line);
      if (line.includes(SECRET_MARK)) linesWithSecret.push(line);
    }
  });
  service = await startTestApp(VARIABLES);
  device = await SimulatedGateway.listen();
  operations = operationsOf((await service.http.get('/docs-json').expect(200)).body as Document);
  fuzz = new Fuzz(service.url, operations, device.url);
});

afterAll(async () => {
  fuzz.close();
  await service.close();
  await device.close();
  jest.restoreAllMocks();
});

it('API-05, API-06, QUAL-03: every answer to random requests is declared and matches its schema, and others are answered meanwhile', async () => {
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
  if (path === null) expect(withoutAnswer()).toEqual([]);
});

it('CRYPTO-01, CRYPTO-02: no password that was sent is in a row or in the log', async () => {
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
      const query = `SELECT 1 FROM ${escapeIdentifier(name)} AS row WHERE strpos(row::text, $1) > 0 LIMIT 1`;
      if ((await sql.query(query, [SECRET_MARK])).rowCount !== 0) found.push(name);
    }
    return found;
  } finally {
    await sql.end();
  }
}
