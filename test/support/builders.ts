import type TestAgent from 'supertest/lib/agent';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';

let count = 0;

/** The default login of a simulated gateway. */
export const LOGIN = { email: 'ops@example.org', password: 'correct horse' };

/** A body for creating a gateway, with a new label and a new URL for each call. */
export function aGateway<Changes extends object>(changes: Changes) {
  count += 1;
  return {
    gateway_id: `GW-${count}`,
    name: `Gateway ${count}`,
    url: `ws://127.0.0.1:9/${count}`,
    ...LOGIN,
    ...changes,
  };
}

export async function createOrganization(http: TestAgent): Promise<{ id: string }> {
  return (await http.post('/api/organizations').send({ name: 'Acme' }).expect(201)).body as { id: string };
}

export async function createFactory(
  http: TestAgent,
  changes: object = {},
): Promise<{ id: string; organization_id: string }> {
  const body = { organization_id: (await createOrganization(http)).id, name: 'Springfield', ...changes };
  return (await http.post('/api/factories').send(body).expect(201)).body as { id: string; organization_id: string };
}

export interface CreatedGateway {
  id: string;
  gateway_id: string;
  name: string;
  url: string;
  email: string;
  factory_id: string;
  updated_at: string;
  last_seen_at: string | null;
}

/** Also permits several gateways with the same device. */
export async function createGateway(
  http: TestAgent,
  factory: { id: string },
  device: Pick<SimulatedGateway, 'url'> | null,
  changes: object = {},
): Promise<CreatedGateway> {
  const body = aGateway({ factory_id: factory.id, ...(device && { url: device.url }), ...changes });
  return (await http.post('/api/gateways?allow_duplicate').send(body).expect(201)).body as CreatedGateway;
}
