import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../common/actor';
import type { ConnectionState } from '../status/connection-state';
import { ConnectionEvent } from './connection-event.entity';

const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Up to now, in parts of the same length. */
export interface TimelineSpan {
  readonly hours: number;
  readonly parts: number;
}

/** For how long a connection was in a state, within a part. */
export interface StateShare {
  /** From 0, the earliest. */
  readonly part: number;
  readonly state: ConnectionState;
  readonly seconds: number;
}

/** By the database's clock, which also dates the events. */
export interface Timeline {
  readonly from: Date;
  readonly to: Date;
  readonly shares: readonly StateShare[];
}

@Injectable()
export class ConnectionTimelineRepository {
  constructor(@InjectRepository(ConnectionEvent) private readonly rows: Repository<ConnectionEvent>) {}

  /**
   * Adds up in which states a connection was. Each event lasts from its first change to the first change of the next one. Reads the events
   * of the span, and the one before it, which a range of the composite index finds: see `ConnectionEventsRepository`.
   */
  async sum({ organizationId }: Reach, gatewayId: string, { hours, parts }: TimelineSpan): Promise<Timeline> {
    const [found] = await this.rows.query<Timeline[]>(
      `WITH span AS (SELECT now() - make_interval(hours => $2::int) AS since, $2::int * 3600.0 / $3::int AS step),
            earlier AS (
              SELECT id FROM gateway_connection_events
              WHERE (gateway_id, id) < ($1, '${LAST}') AND gateway_id >= $1 AND at < (SELECT since FROM span)
              ORDER BY gateway_id DESC, id DESC LIMIT 1),
            kept AS (
              SELECT to_state AS state, first_at, lead(first_at, 1, now()) OVER (ORDER BY id) AS until
              FROM gateway_connection_events
              WHERE gateway_id = $1 AND id >= COALESCE((SELECT id FROM earlier), '${FIRST}')
                AND ($4::uuid IS NULL OR EXISTS (SELECT FROM gateways WHERE id = $1 AND organization_id = $4))),
            lasted AS (
              SELECT state, GREATEST(EXTRACT(EPOCH FROM first_at - since), 0) AS start,
                EXTRACT(EPOCH FROM until - since) AS stop, step
              FROM kept, span WHERE until > since),
            shares AS (
              SELECT part, state, sum(LEAST(stop, (part + 1) * step) - GREATEST(start, part * step))::float8 AS seconds
              FROM lasted, generate_series(floor(start / step)::int, LEAST(floor(stop / step)::int, $3::int - 1)) AS part
              GROUP BY part, state)
       SELECT since AS "from", now() AS "to", COALESCE((SELECT jsonb_agg(shares ORDER BY part) FROM shares), '[]') AS shares
       FROM span`,
      [gatewayId, hours, parts, organizationId],
    );
    if (!found) throw new Error('a query that always returns one row returned none');
    return found;
  }
}
