import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/api-keys/roles';
import type { Caller } from './callers';
import type { Client } from './client';
import type { Rows } from './rows';
import { SECRET_MARK } from './secrets';

interface Created {
  readonly id: string;
  /** Of a key. */
  readonly secret: string;
}

/** Stores a vibration reading for each of these gateways. Readings cannot be created through the API. */
export type AddReadings = (gateways: readonly string[]) => Promise<readonly { id: string; sensorId: string }[]>;

/**
 * Creates the rows that a number of requests refers to, through the API. Factory, gateway, sensor, reading, backfill, acquisition, schedule and key 3 belong to an
 * organization which no request can name, and therefore none deletes: that of the callers with a key of an organization.
 */
export async function createRows(
  client: Client,
  device: string,
  admin: Caller,
  addReadings: AddReadings,
): Promise<Rows> {
  const world = randomUUID();
  const post = async (target: string, body: object): Promise<Created> => {
    const text = Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': 'application/json', ...admin.headers };
    const answer = await client.send({ method: 'POST', target, headers, body: text });
    if (answer.status !== 201 && answer.status !== 202)
      throw new Error(`a row was not created: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as Created;
  };
  const create = async (target: string, body: object) => (await post(target, body)).id;
  const createKey = (role: Role, organization: string | undefined) =>
    post('/api/keys', { name: `Key ${world}`, role, organization_id: organization });
  const numbers = [0, 1, 2, 3];
  const organizations = await Promise.all(
    [...numbers, 4].map((n) => create('/api/organizations', { name: `Fuzz ${n}` })),
  );
  const owners = [...organizations.slice(0, 3), ...organizations.slice(4)];
  const home = organizations[4];
  const factories = await Promise.all(
    owners.map((id, n) => create('/api/factories', { organization_id: id, name: `Factory ${n}` })),
  );
  const keys = await Promise.all(owners.map((id) => createKey('operator', id)));
  const ofCallers = await Promise.all([createKey('admin', home), createKey('viewer', home)]);
  const gateways = await Promise.all(
    factories.map((id, n) =>
      create('/api/gateways', {
        factory_id: id,
        gateway_id: `GW-${n}`,
        name: `Gateway ${n}`,
        url: n < 2 ? `${device}/${n}` : `ws://127.0.0.1:9/${n}`,
        email: 'ops@example.org',
        password: `${SECRET_MARK}${n}`,
      }),
    ),
  );
  const readings = await addReadings(gateways);
  const days = { from: '2026-01-01', to: '2026-01-31' };
  const backfills = await Promise.all(gateways.map((id) => create(`/api/gateways/${id}/backfills`, days)));
  const acquisitions = await Promise.all(
    readings.map(({ sensorId }) =>
      create(`/api/sensors/${sensorId}/acquisitions`, { kind: 'battery', expires_in_s: 3600 }),
    ),
  );
  const schedules = await Promise.all(
    gateways.map((id, n) =>
      create('/api/schedules', {
        ...{ target: { type: 'gateway', id }, name: `Schedule ${n}`, kind: 'temperature' },
        ...{ max_age_s: 3600, daily_budget: 5 },
      }),
    ),
  );
  const unknown = numbers.map(() => randomUUID());
  return {
    organization: organizations,
    factory: factories,
    gateway: gateways,
    sensor: readings.map(({ sensorId }) => sensorId),
    reading: readings.map(({ id }) => id),
    backfill: backfills,
    acquisition: acquisitions,
    schedule: schedules,
    key: keys.map(({ id }) => id),
    secret: ofCallers.map(({ secret }) => secret),
    unknown,
    device: [device],
    world: [world],
  };
}

/** Deletes the organizations with all that they have, so that their gateways are not dialled for ever. */
export async function deleteRows(client: Client, { organization }: Rows, { headers }: Caller): Promise<void> {
  const targets = organization.map((id) => `/api/organizations/${id}?cascade`);
  await Promise.all(targets.map((target) => client.send({ method: 'DELETE', target, headers, body: null })));
}
