import { CredentialCipher } from '../../../src/crypto/credential-cipher';
import { PASSWORD_PURPOSE } from '../../../src/gateways/gateway.entity';
import { sealV1 } from '../../support/sealed-v1';
import { FILL_READINGS, READING_ROWS } from './plant-readings';
import { SideConnection } from './side-connection';
import { aKey, Store } from './store';

/** How many gateways of a plant are not deleted. */
export const LIVING = 100_000;

/** How many of them are in the largest factory. Each of the others has about fifty. */
export const IN_LARGEST = LIVING / 20;

/** Row counts of the tables of a plant. */
export const ROWS: Readonly<Record<string, number>> = {
  organizations: 1000,
  factories: 2000,
  gateways: LIVING + 5000,
  gateway_logins: LIVING,
  api_keys: 10_000,
  gateway_connection_events: LIVING + 10_000,
  audit_log: LIVING,
  ...READING_ROWS,
  sensors: LIVING,
  acquisitions: LIVING - 10_000,
  access_points: LIVING,
  schedules: 2000,
};

const FILL = [
  // Off, because a concurrent reader makes VACUUM leave rows for the next run.
  `ALTER TABLE gateways SET (autovacuum_enabled = off)`,
  `ALTER TABLE gateway_logins SET (autovacuum_enabled = off)`,
  `ALTER TABLE gateway_connection_events SET (autovacuum_enabled = off)`,
  // On, because a commit that is not on disk yet has the same effect.
  `SET synchronous_commit = on`,
  // All rows that are referred to are there.
  `SET session_replication_role = replica`,
  `INSERT INTO organizations (name) SELECT 'Organization ' || n FROM generate_series(1, ${ROWS['organizations']}) n`,
  `WITH parents AS (SELECT array_agg(id) AS ids FROM organizations)
   INSERT INTO factories (organization_id, name)
   SELECT ids[1 + n % ${ROWS['organizations']}], 'Factory ' || lpad(n::text, 6, '0')
   FROM parents, generate_series(1, ${ROWS['factories']}) n`,
  // The order of the names differs from that of the rows.
  `WITH parents AS (SELECT array_agg(id ORDER BY name) AS ids, array_agg(organization_id ORDER BY name) AS organizations
                    FROM factories)
   INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted, desired_state,
     last_seen_at, metadata, created_at, updated_at, deleted_at)
   SELECT ids[parent], organizations[parent],
     'PLANT-' || n, 'Gateway ' || left(md5(n::text), 8), 'ws://10.0.0.7:5000/' || n, 'ops@example.org',
     CASE WHEN n % 500 = 0 THEN $2 ELSE $1 END, CASE WHEN n % 2 = 1 THEN 'disconnected' ELSE 'connected' END,
     now() - n * interval '1 ms', '{"line": 4, "hall": "north"}',
     now() - n * interval '7 us', now() - (n % 1000) * interval '1 s', CASE WHEN n % 21 = 0 THEN now() END
   FROM parents, generate_series(1, ${ROWS['gateways']}) n,
     LATERAL (SELECT CASE WHEN n % 20 = 0 THEN 1 ELSE 2 + n % (${ROWS['factories']} - 1) END) at (parent)`,
  `INSERT INTO gateway_logins (gateway_id, connection_version, accepted) SELECT id, connection_version, true FROM gateways
   WHERE deleted_at IS NULL`,
  // Time-ordered ids, as the service creates them. One gateway has far more events than the others, and the oldest rows are past
  // their retention.
  `WITH talkers AS (SELECT array_agg(id ORDER BY name, id) AS ids FROM gateways WHERE deleted_at IS NULL)
   INSERT INTO gateway_connection_events (id, gateway_id, first_at, at, from_state, to_state, attempt)
   SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7000' || left(md5(n::text), 16))::uuid,
     ids[CASE WHEN n > ${LIVING} THEN 1 ELSE n END], t, t, 'authenticating', 'connected', 0
   FROM talkers, generate_series(1, ${ROWS['gateway_connection_events']}) n,
     LATERAL (SELECT now() - n * interval '25 s') at (t)`,
  // More than a year. The older part is by one actor, who has done nothing since; one object and one request are in many records.
  `WITH objects AS (SELECT array_agg(id ORDER BY name, id) AS ids, array_agg(organization_id ORDER BY name, id) AS owners
                    FROM gateways WHERE deleted_at IS NULL)
   INSERT INTO audit_log (id, at, actor_kind, actor_id, actor_name, organization_id, action, object_type, object_id, request_id)
   SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7000' || '8' || left(md5(n::text), 15))::uuid, t,
     'key', CASE WHEN n > ${LIVING / 3} THEN 'importer' ELSE 'key ' || n % 7 END, 'Key', owners[object], CASE WHEN n % 20000 = 0 THEN 'gateway.delete' ELSE 'gateway.update' END, 'gateway',
     ids[object], 'request ' || CASE WHEN n % 50 = 0 THEN 0 ELSE n END
   FROM objects, generate_series(1, ${ROWS['audit_log']}) n,
     LATERAL (SELECT now() - n * interval '6 min', CASE WHEN n % 50 = 1 THEN 1 ELSE n END) at (t, object)`,
  `INSERT INTO access_points (gateway_id, serial, connected) SELECT id, 20000000 + row_number() OVER (ORDER BY name, id), true
   FROM gateways WHERE deleted_at IS NULL`,
  `INSERT INTO sensors (gateway_id, serial, name, listed, connected, created_at)
   SELECT id, 30000000 + n, 'Sensor ' || left(md5(n::text), 8), n % 100 > 0, n % 10 > 0, now() - n * interval '7 us'
   FROM (SELECT id, row_number() OVER (ORDER BY name, id) AS n FROM gateways WHERE deleted_at IS NULL) AS living`,
  // A year. One sensor has many, and a few of others are still open. Schedules ordered a third; their ids are those of some sensors.
  `WITH measured AS (SELECT array_agg(sensors.id ORDER BY number) AS ids, array_agg(sensors.gateway_id ORDER BY number) AS gateways,
                       array_agg(organization_id ORDER BY number) AS owners
                     FROM sensors JOIN gateways ON gateways.id = sensors.gateway_id)
   INSERT INTO acquisitions (id, organization_id, gateway_id, sensor_id, schedule_id, kind, state, created_at, expires_at, sent_at, ended_at)
   SELECT (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7000' || '8' || left(md5(n::text), 15))::uuid,
     owners[sensor], gateways[sensor], ids[sensor], CASE WHEN n % 3 = 0 THEN ids[1 + n % 500] END, 'vibration',
     CASE WHEN n BETWEEN 2 AND 50 THEN 'queued' WHEN n % 100 = 0 THEN 'failed' ELSE 'completed' END, t, t + interval '1 min',
     CASE WHEN n NOT BETWEEN 2 AND 50 THEN t END, CASE WHEN n NOT BETWEEN 2 AND 50 THEN t + interval '1 min' END
   FROM measured, generate_series(1, ${ROWS['acquisitions']}) n,
     LATERAL (SELECT now() - n * interval '6 min', CASE WHEN n % 50 = 1 THEN 1 ELSE n END) at (t, sensor)`,
  // One for each factory; most of them are not enabled.
  `INSERT INTO schedules (organization_id, factory_id, name, kind, max_age_s, windows, daily_budget, enabled)
   SELECT organization_id, id, 'Schedule ' || left(md5(name), 8), 'vibration', 14400, '[]', 8, name < 'Factory 000100'
   FROM factories ORDER BY name LIMIT ${ROWS['schedules']}`,
  // One in a hundred works.
  `WITH owners AS (SELECT array_agg(id) AS ids FROM organizations)
   INSERT INTO api_keys (organization_id, name, prefix, hash, role, created_by, revoked_at)
   SELECT CASE WHEN n % 1000 > 0 THEN ids[1 + n % ${ROWS['organizations']}] END, 'Key ' || lpad(n::text, 6, '0'), 'gwh_' || lpad(n::text, 8, '0'),
     sha256(n::text::bytea), 'admin', '{"kind": "system", "id": "system", "name": "system"}', CASE WHEN n % 100 > 0 THEN now() END
   FROM owners, generate_series(1, ${ROWS['api_keys']}) n`,
  ...FILL_READINGS,
];

/**
 * Drops the indexes that are no constraints: without them the tables are filled twice as fast. Those of a partition go with that of its table.
 * @returns the statements that create them
 */
async function dropIndexes(connection: SideConnection): Promise<string[]> {
  const indexes = await connection.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
       AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)`,
  );
  await connection.query(`DROP INDEX ${indexes.map(({ name }) => name).join()}`);
  return indexes.map(({ definition }) => definition);
}

/** A large database, and the ids of rows in it that the questions ask about. */
export interface Plant {
  readonly store: Store;
  /** For the test's own statements, beside the service. */
  readonly connection: SideConnection;
  readonly cipher: CredentialCipher;
  readonly organizationId: string;
  /** The largest factory. */
  readonly factoryId: string;
  /** A key of the installation that works. */
  readonly keyId: string;
  /** A sensor with readings of every kind. */
  readonly sensorId: string;
  /** Some gateways that are not deleted. The first has many events. */
  readonly gatewayIds: readonly string[];
  remove(): Promise<void>;
}

/** Creates and fills a database, which takes some seconds. One password in five hundred is sealed with another key, in the earlier form. */
export async function aPlant(): Promise<Plant> {
  const [key, previousKey] = [aKey(), aKey()];
  const cipher = new CredentialCipher(key, [previousKey]);
  const store = await Store.create({ cipher, variables: { DATABASE_STATEMENT_TIMEOUT_MS: '60000' } });
  const connection = await SideConnection.open(store.database);
  // One text for all living rows, and therefore of none of them: no question opens a password.
  const passwords = [cipher.seal('correct', PASSWORD_PURPOSE, 'no row'), sealV1('correct', previousKey)];
  const indexes = await dropIndexes(connection);
  for (const sql of FILL) await connection.query(sql, sql.includes('$2') ? passwords : []);
  for (const sql of [...indexes, 'VACUUM ANALYZE']) await connection.query(sql);
  const idsOf = async (rows: string) => (await connection.query<{ id: string }>(rows)).map(({ id }) => id);
  const [factoryId = ''] = await idsOf(`SELECT id FROM factories ORDER BY name LIMIT 1`);
  const [keyId = ''] = await idsOf(
    `SELECT id FROM api_keys WHERE organization_id IS NULL AND revoked_at IS NULL ORDER BY id LIMIT 1`,
  );
  const [organizationId = ''] = await idsOf(`SELECT organization_id AS id FROM factories ORDER BY name LIMIT 1`);
  const [sensorId = ''] = await idsOf(`SELECT id FROM sensors ORDER BY number LIMIT 1`);
  return {
    store,
    connection,
    cipher,
    organizationId,
    factoryId,
    keyId,
    sensorId,
    gatewayIds: await idsOf(`SELECT id FROM gateways WHERE deleted_at IS NULL ORDER BY name, id LIMIT 1000`),
    remove: async () => {
      await connection.close();
      await store.drop();
    },
  };
}
