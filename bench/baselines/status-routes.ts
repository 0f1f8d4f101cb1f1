import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { answers, health, pageOf, status } from './schemas';

interface Row {
  readonly id: string;
  readonly gateway_id: string;
  readonly name: string;
  readonly factory_id: string;
  readonly desired_state: string;
}

/** The JSON that the product gives about gateways nobody wants connected, from memory. */
export async function addStatusRoutes(server: FastifyInstance, pool: Pool): Promise<void> {
  const { rows } = await pool.query<Row>(
    `SELECT id, gateway_id, name, factory_id, desired_state FROM gateways WHERE deleted_at IS NULL ORDER BY name, id`,
  );
  const since = new Date();
  const records = rows.map((row) => ({ ...row, since }));
  const byId = new Map(records.map((record) => [record.id, record]));

  server.get<{ Params: { id: string } }>('/api/gateways/:id/status', answers(200, status), ({ params }, reply) => {
    const record = byId.get(params.id);
    return record ? reply.send(statusOf(record)) : reply.status(404).send();
  });

  server.get<{ Querystring: { limit?: string; offset?: string } }>(
    '/api/connections',
    answers(200, pageOf(status)),
    ({ query }, reply) => {
      const limit = Number(query.limit ?? 20);
      const offset = Number(query.offset ?? 0);
      const data = records.slice(offset, offset + limit).map(statusOf);
      const total = records.length;
      const pagination = { total, limit, offset, hasNext: offset + data.length < total, hasPrev: offset > 0 };
      return reply.send({ data, pagination });
    },
  );

  server.get('/api/health', answers(200, health), (_request, reply) =>
    reply.send({
      status: 'ok',
      timestamp: new Date().toISOString(),
      uptime: process.uptime(),
      version: '1.0.0',
      database: 'up',
      connections: {
        disconnected: records.length,
        connecting: 0,
        authenticating: 0,
        connected: 0,
        reconnecting: 0,
        auth_failed: 0,
      },
    }),
  );
}

function statusOf({ since, ...row }: Row & { since: Date }): object {
  return {
    ...row,
    state: 'disconnected',
    since: since.toISOString(),
    as_of: new Date().toISOString(),
    reason: null,
    attempt: 0,
    next_retry_at: null,
    connected_at: null,
    last_seen_at: null,
    last_message_at: null,
    latency_ms: null,
    messages_received: 0,
    messages_sent: 0,
    reconnects: 0,
    liveness: 'ping',
    tls_verified: null,
  };
}
