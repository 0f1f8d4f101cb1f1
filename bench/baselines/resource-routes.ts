import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { decode, pageOfRows } from './page';
import { count, insert, selectOne, selectPage, selectPageAfter, update } from './resource-sql';
import type { Body, Caller, ListQuery, Resource } from './resource-sql';
import { answers, pageOf } from './schemas';

interface Row {
  readonly id: string;
  readonly name: string;
}

interface Counted {
  readonly total: number;
}

/** The REST routes of one table: only SQL, and answers with a response schema. */
export function addResourceRoutes(server: FastifyInstance, pool: Pool, resource: Resource): void {
  const { table, schema } = resource;
  const path = `/api/${table}`;

  server.get<{ Params: { id: string } }>(`${path}/:id`, answers(200, schema), async ({ params }, reply) => {
    const { rows } = await pool.query<object>(selectOne(resource, params.id));
    return rows[0] ?? reply.status(404).send();
  });

  server.get<{ Querystring: ListQuery }>(path, answers(200, pageOf(schema)), async ({ query }) => {
    const limit = Number(query.limit ?? 20);
    if (query.cursor !== undefined) {
      const cursor = decode(query.cursor);
      const { rows } = await pool.query<Row>(selectPageAfter(resource, query, cursor, limit));
      return pageOfRows(rows, limit, cursor.offset, cursor.total);
    }
    const offset = Number(query.offset ?? 0);
    const { rows } = await pool.query<Row & Counted>(selectPage(resource, query, limit, offset));
    const [counted] = rows[0] ? rows : (await pool.query<Counted>(count(resource, query))).rows;
    return pageOfRows(rows, limit, offset, counted?.total ?? 0);
  });

  server.post<{ Body: Body }>(path, answers(201, schema), async (request, reply) => {
    const { rows } = await pool.query<{ id: string }>(insert(resource, request.body, callerOf(request)));
    if (!rows[0]) return reply.status(422).send();
    return reply.status(201).header('location', `${path}/${rows[0].id}`).send(rows[0]);
  });

  server.put<{ Params: { id: string }; Body: Body }>(`${path}/:id`, answers(200, schema), async (request, reply) => {
    const { params, body } = request;
    const { rows } = await pool.query<object>(update(resource, params.id, body, callerOf(request)));
    return rows[0] ?? reply.status(404).send();
  });
}

function callerOf({ ip, headers }: FastifyRequest): Caller {
  return { requestId: randomUUID(), address: ip, userAgent: headers['user-agent'] };
}
