import { randomUUID } from 'node:crypto';
import type { Client } from './client';
import type { Rows } from './rows';
import { SECRET_MARK } from './secrets';

/** Creates the rows that a number of requests refers to, through the API. */
export async function createRows(client: Client, device: string): Promise<Rows> {
  const world = randomUUID();
  const create = async (target: string, body: object): Promise<string> => {
    const text = Buffer.from(JSON.stringify(body));
    const headers = { 'content-type': 'application/json' };
    const answer = await client.send({ method: 'POST', target, headers, body: text });
    if (answer.status !== 201) throw new Error(`a row was not created: ${answer.status} ${answer.text}`);
    return (JSON.parse(answer.text) as { id: string }).id;
  };
  const numbers = [0, 1, 2, 3];
  const organizations = await Promise.all(numbers.map((n) => create('/api/organizations', { name: `Fuzz ${n}` })));
  const factories = await Promise.all(
    organizations.map((id, n) => create('/api/factories', { organization_id: id, name: `Factory ${n}` })),
  );
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
  const unknown = numbers.map(() => randomUUID());
  return {
    organization: organizations,
    factory: factories,
    gateway: gateways,
    unknown,
    device: [device],
    world: [world],
  };
}

/** Deletes the organizations with all that they have, so that their gateways are not dialled for ever. */
export async function deleteRows(client: Client, { organization }: Rows): Promise<void> {
  const targets = organization.map((id) => `/api/organizations/${id}?cascade`);
  await Promise.all(targets.map((target) => client.send({ method: 'DELETE', target, headers: {}, body: null })));
}
