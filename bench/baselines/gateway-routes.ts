import type { FastifyInstance } from 'fastify';
import type { Pool, QueryResult } from 'pg';
import type { CredentialCipher } from '../../src/crypto/credential-cipher';
import * as sql from './gateways-sql';
import { answers, gateway, pageOf } from './schemas';

interface GatewayBody {
  readonly factory_id: string;
  readonly gateway_id: string;
  readonly name: string;
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly tls?: object;
  readonly model?: string;
  readonly firmware_version?: string;
  readonly metadata?: object;
  readonly desired_state?: string;
}

interface ListQuery {
  readonly limit?: string;
  readonly offset?: string;
  readonly factory_id?: string;
}

/** Gateways in the table: no validation, no events, nothing but the SQL. */
export function addGatewayRoutes(server: FastifyInstance, pool: Pool, cipher: CredentialCipher): void {
  server.get<{ Params: { id: string } }>('/api/gateways/:id', answers(200, gateway), async ({ params }, reply) => {
    const { rows } = await pool.query<object>(sql.SELECT_ONE, [params.id]);
    return rows[0] ?? reply.status(404).send();
  });

  server.get<{ Querystring: ListQuery }>('/api/gateways', answers(200, pageOf(gateway)), async ({ query }) => {
    const limit = Number(query.limit ?? 20);
    const offset = Number(query.offset ?? 0);
    const { rows } = await findPage(pool, limit, offset, query.factory_id);
    const data = rows[0]?.id === null ? [] : rows;
    const total = rows[0]?.total ?? 0;
    const pagination = { total, limit, offset, hasNext: offset + data.length < total, hasPrev: offset > 0 };
    return { data, pagination };
  });

  server.post<{ Body: GatewayBody }>('/api/gateways', answers(201, gateway), async ({ body }, reply) => {
    const row = await insert(pool, body, cipher.seal(body.password, 'gateways.password'));
    return reply.status(row ? 201 : 422).send(row);
  });

  server.put<{ Params: { id: string }; Body: Partial<GatewayBody> }>(
    '/api/gateways/:id',
    answers(200, gateway),
    async ({ params, body }, reply) => {
      const { rows } = await pool.query<object>(sql.update(Object.keys(body)), [params.id, ...Object.values(body)]);
      return rows[0] ?? reply.status(404).send();
    },
  );
}

interface PageRow {
  readonly id: string | null;
  readonly total: number;
}

function findPage(pool: Pool, limit: number, offset: number, factoryId?: string): Promise<QueryResult<PageRow>> {
  if (factoryId === undefined) return pool.query<PageRow>(sql.SELECT_PAGE, [limit, offset]);
  return pool.query<PageRow>(sql.SELECT_PAGE_OF_FACTORY, [limit, offset, factoryId]);
}

/** Null when there is no such factory. */
async function insert(pool: Pool, body: GatewayBody, sealed: string): Promise<object | null> {
  const { factory_id, gateway_id, name, url, email, tls, model, firmware_version, metadata, desired_state } = body;
  const values = [factory_id, gateway_id, name, url, email, sealed, tls, model, firmware_version, metadata];
  const { rows } = await pool.query<object>(sql.INSERT, [...values, desired_state]);
  return rows[0] ?? null;
}
