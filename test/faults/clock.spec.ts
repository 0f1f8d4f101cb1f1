import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import type { ConnectionEventPageDto } from '../../src/history/connection-event.dto';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import type { CreatedGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { ServiceProcess } from '../support/service-process';
import { waitOf } from '../support/wait-of';
import { SHORT_HISTORY } from '../support/short-history';

jest.setTimeout(60_000);

const SETTABLE_CLOCK = join(__dirname, 'support/settable-clock.cjs');
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const PATIENCE_MS = 20_000;
const CONNECTION = ['→ connected', '→ authenticating', '→ connecting']; // The newest first.

/** The service has a settable clock, one gateway, and a database whose clock is right. */
describe('the service, when its clock is wrong', () => {
  const settings = {
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    HEARTBEAT_INTERVAL_MS: '200',
    LAST_SEEN_INTERVAL_MS: '100',
    RECONNECT_MIN_MS: '50',
    RECONNECT_MAX_MS: '50',
    CLOSE_TIMEOUT_MS: '3000',
  };
  let database: TestDatabase;
  let sql: Client;
  let device: SimulatedGateway;
  let service: ServiceProcess | null = null;
  let gateway: CreatedGateway;

  beforeEach(async () => {
    database = await createDatabase();
    sql = new Client({ connectionString: database.url });
    await sql.connect();
    device = await SimulatedGateway.listen(SHORT_HISTORY);
  });
  afterEach(async () => {
    await service?.program.destroy();
    await device.close();
    await sql.end();
    await database.drop();
  });

  async function start(aheadMs = 0, variables: Record<string, string> = {}): Promise<ServiceProcess> {
    const clock = { CLOCK_AHEAD_MS: String(aheadMs) };
    service = await ServiceProcess.start(
      { DATABASE_URL: database.url, ...settings, ...variables, ...clock },
      SETTABLE_CLOCK,
    );
    return service;
  }

  async function restart(aheadMs: number, variables: Record<string, string> = {}): Promise<ServiceProcess> {
    service?.program.kill('SIGKILL');
    await service?.program.exit();
    return start(aheadMs, variables);
  }

  async function create(running: ServiceProcess): Promise<void> {
    const body = aGateway({ factory_id: await running.createFactory(), url: device.url });
    gateway = await bodyOf(running.api.post('/api/gateways', body), 201);
  }

  const status = ({ api }: ServiceProcess): Promise<ConnectionStatusDto> =>
    bodyOf(api.get(`/api/gateways/${gateway.id}/status`));

  const reaches = (running: ServiceProcess, expected: object): Promise<ConnectionStatusDto> =>
    eventually(async () => {
      const found = await status(running);
      expect(found).toMatchObject(expected);
      return found;
    }, PATIENCE_MS);

  async function events({ api }: ServiceProcess, limit = 100): Promise<ConnectionEventPageDto['data']> {
    return (await bodyOf<ConnectionEventPageDto>(api.get(`/api/gateways/${gateway.id}/events?limit=${limit}`))).data;
  }

  async function lastSeenAt({ api }: ServiceProcess): Promise<number> {
    return Date.parse((await bodyOf<CreatedGateway>(api.get(`/api/gateways/${gateway.id}`))).last_seen_at ?? '');
  }

  /** Drops the session, and waits until there is a new one. */
  async function reconnect(running: ServiceProcess): Promise<void> {
    const { reconnects } = await status(running);
    device.drop();
    await reaches(running, { state: 'connected', reconnects: reconnects + 1 });
  }

  it('a year ahead for a moment: leaves no time in the future, and keeps updating last_seen_at', async () => {
    const running = await start();
    await create(running);
    await reaches(running, { state: 'connected' });
    await running.program.ask(String(YEAR_MS));
    await reconnect(running);
    expect((await events(running)).slice(0, 3).map(({ to }) => `→ ${to}`)).toEqual(CONNECTION);
    const before = await eventually(async () => {
      const at = await lastSeenAt(running);
      expect(at).toBeGreaterThan(Date.parse((await events(running))[0]?.first_at ?? ''));
      return at;
    }, PATIENCE_MS);
    await running.program.ask('0');

    const { since, connected_at, last_seen_at } = await status(running);
    const all = await events(running);
    const times = [since, connected_at, last_seen_at, ...all.flatMap(({ at, first_at }) => [at, first_at])];
    expect(times.filter((time) => !(Date.parse(time ?? '') <= Date.now()))).toEqual([]);
    expect(before).toBeLessThanOrEqual(Date.now());
    await eventually(async () => expect(await lastSeenAt(running)).toBeGreaterThan(before), PATIENCE_MS);

    await reconnect(running);
    const later = await events(running);
    expect(later.slice(4).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(Date.parse(later[0]?.at ?? '')).toBeGreaterThan(Date.parse(all[0]?.at ?? ''));
  });

  it('an hour behind after a restart: has the new events on the first page, and keeps updating last_seen_at', async () => {
    const running = await start();
    await create(running);
    await reaches(running, { state: 'connected' });
    await eventually(async () => expect(await lastSeenAt(running)).not.toBeNaN(), PATIENCE_MS);
    const [seen, old] = [await lastSeenAt(running), await events(running)];

    const behind = await restart(-HOUR_MS);
    await reaches(behind, { state: 'connected' });

    const [newest] = await events(behind, 1);
    expect(newest).toMatchObject({ to: 'connected' });
    expect((await events(behind)).slice(-old.length)).toEqual(old);
    expect(await events(behind)).toHaveLength(2 * old.length);
    expect(Date.parse(newest?.at ?? '')).toBeGreaterThan(Date.parse(old[0]?.at ?? ''));
    await eventually(async () => expect(await lastSeenAt(behind)).toBeGreaterThan(seen), PATIENCE_MS);
  });

  it('a year ahead after a restart: deletes no event, and does not retry a refused login too early', async () => {
    const retry = { AUTH_RETRY_MS: `${HOUR_MS}` }; // Not over before the end of the test.
    const running = await start(0, retry);
    device.refuseLogins('a');
    await create(running);
    await reaches(running, { state: 'auth_failed' });
    const old = await events(running);
    await eventually(async () => {
      const { rows } = await sql.query('SELECT FROM gateway_logins WHERE next_login_at > now()');
      expect(rows).toHaveLength(1);
    }, PATIENCE_MS);

    const ahead = await restart(YEAR_MS, retry);
    const { as_of, next_retry_at } = await reaches(ahead, { state: 'auth_failed' });

    expect(Date.parse(next_retry_at ?? '') - Date.parse(as_of)).toBeGreaterThan(0);
    expect(Date.parse(next_retry_at ?? '') - Date.parse(as_of)).toBeLessThanOrEqual(HOUR_MS);
    expect(device.loginCounts.refused).toBe(1);
    // The deletion of old events begins before the service is ready; a later slice would have run by now.
    expect((await events(ahead)).slice(-old.length)).toEqual(old);
  });

  it('two hours back during a back-off: dials at the announced time, and not two hours later', async () => {
    const slow = { RECONNECT_MIN_MS: '3000', RECONNECT_MAX_MS: '3000' };
    const running = await start(0, slow);
    await create(running);
    await reaches(running, { state: 'connected' });
    await device.stopListening();
    device.drop();
    const waitMs = waitOf(await reaches(running, { state: 'reconnecting' }));
    await running.program.ask(String(-2 * HOUR_MS));

    const later = await reaches(running, { state: 'reconnecting' });
    expect(Math.abs(waitOf(later) - waitMs)).toBeLessThanOrEqual(1); // Both ends are rounded to milliseconds.
    expect(Date.parse(later.since)).toBeLessThanOrEqual(Date.parse(later.as_of));
    await device.startListening();
    await reaches(running, { state: 'connected', reconnects: 1 });
  });
});
