import { Client } from 'pg';
import type { TestDatabase } from './database';

/**
 * Adds a sensor to each of these gateways, as if they had reported it; its serial is the largest there is.
 * @returns the ids, in the order of the gateways
 */
export async function addSensors({ url }: TestDatabase, gatewayIds: readonly string[]): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; gateway_id: string }>(
      `INSERT INTO sensors (gateway_id, serial) SELECT id, 9007199254740991 FROM unnest($1::uuid[]) AS id RETURNING id, gateway_id`,
      [gatewayIds],
    );
    const byGateway = new Map(rows.map(({ id, gateway_id }) => [gateway_id, id]));
    return gatewayIds.map((id) => byGateway.get(id) ?? '');
  } finally {
    await client.end();
  }
}
