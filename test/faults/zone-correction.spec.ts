import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { CompletenessDto } from '../../src/readings/catch-up/completeness.dto';
import { bodyOf } from '../support/api-client';
import { aGateway } from '../support/builders';
import { createDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { ServiceProcess } from '../support/service-process';
import { isFull, size } from './support/size';

/** Enough for the service to be killed again and again before it has corrected them all. */
const READINGS = isFull ? 200_000 : 6_000;
const PATIENCE_MS = isFull ? 300_000 : 60_000;

jest.setTimeout(3 * PATIENCE_MS);

describe('the service, killed while it corrects the times of readings', () => {
  // The readings are old.
  const settings = { ENCRYPTION_KEY: randomBytes(32).toString('base64'), READINGS_RETENTION_DAYS: '10000' };
  let database: TestDatabase;
  let sql: Client;
  let service: ServiceProcess | null = null;

  beforeAll(async () => {
    database = await createDatabase();
    sql = new Client({ connectionString: database.url });
    await sql.connect();
  });
  afterAll(async () => {
    await service?.program.destroy();
    await sql.end();
    await database.drop();
  });

  const start = async (): Promise<ServiceProcess> => {
    service = await ServiceProcess.start({ DATABASE_URL: database.url, ...settings });
    return service;
  };

  const correctionOf = async ({ api }: ServiceProcess, gatewayId: string) =>
    (await bodyOf<CompletenessDto>(api.get(`/api/gateways/${gatewayId}/completeness`))).zone_correction;

  /** Readings every 20 minutes, with the times that they have in UTC. */
  async function addReadings(gatewayId: string): Promise<void> {
    await sql.query(`INSERT INTO sensors (gateway_id, serial) VALUES ($1, 1), ($1, 2)`, [gatewayId]);
    await sql.query(
      `SELECT make_reading_partitions(ARRAY(
         SELECT day::date FROM generate_series('2024-01-01', timestamp '2024-02-01' + $1 * interval '20 minutes', interval '28 days') AS day))`,
      [READINGS],
    );
    await sql.query(
      `INSERT INTO temperature_readings (sensor_number, era, record_id, day, number, feed_position, measured_at, received_at, time_text,
         time_quality, origin, value)
       SELECT sensors.number, 1, n, at::date, drawn, drawn, at AT TIME ZONE 'UTC', at AT TIME ZONE 'UTC',
         to_char(at, 'YYYY-MM-DD HH24:MI'), 'minute', 'history', 23
       FROM generate_series(1, $2::integer) AS n, LATERAL (SELECT timestamp '2024-01-01' + n * interval '20 minutes' AS at) AS time,
         LATERAL (SELECT number FROM sensors WHERE gateway_id = $1 AND serial = 1 + n % 2) AS sensors,
         LATERAL (SELECT nextval('reading_numbers') AS drawn WHERE n > 0) AS numbers`,
      [gatewayId, READINGS],
    );
  }

  /** How many readings have the time that PostgreSQL reads from their text in a zone: of two instants, the later one. */
  async function countIn(zone: string): Promise<number> {
    const { rows } = await sql.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM temperature_readings WHERE measured_at = time_text::timestamp AT TIME ZONE $1`,
      [zone],
    );
    return rows[0]?.count ?? 0;
  }

  it.each(['America/New_York', 'UTC'])('goes on with the next start, until all are in the zone %s', async (zone) => {
    let running = await start();
    const { rows } = await sql.query<{ id: string }>('SELECT id FROM gateways');
    let gatewayId = rows[0]?.id ?? '';
    if (!gatewayId) {
      const body = aGateway({ factory_id: await running.createFactory(), desired_state: 'disconnected' });
      gatewayId = (await bodyOf<{ id: string }>(running.api.post('/api/gateways', body), 201)).id;
      await addReadings(gatewayId);
    }
    const done: (number | undefined)[] = [];
    await bodyOf(running.api.put(`/api/gateways/${gatewayId}`, { clock_zone: zone }));
    for (let kill = 1; kill <= size.kills; kill += 1) {
      const corrected = await eventually(async () => {
        const found = await correctionOf(running, gatewayId);
        expect(found).toMatchObject({ zone });
        expect(found?.corrected).toBeGreaterThan(done.at(-1) ?? 0);
        return found?.corrected;
      }, PATIENCE_MS);
      running.program.kill('SIGKILL');
      await running.program.exit();
      done.push(corrected);
      running = await start();
    }
    await eventually(async () => expect(await correctionOf(running, gatewayId)).toBeNull(), PATIENCE_MS);
    expect(await countIn(zone)).toBe(READINGS);
    running.program.kill('SIGTERM');
    await running.program.exit();
  });
});
