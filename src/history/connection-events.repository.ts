import { Inject, Injectable, Optional } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../common/actor';
import { clockSkew } from '../database/clock-skew';
import type { Reason, ReasonCode } from '../gateway-client/failure/failure';
import { ConnectionEvent } from './connection-event.entity';
import { joinOwned } from '../ownership/fence.sql';
import { Ownership } from '../ownership/ownership';
import type { ConnectionEventRow, NewConnectionEvent } from './connection-event.entity';

const GREATEST_ID = 'SELECT id FROM gateway_connection_events ORDER BY id DESC LIMIT 1';
/** SQL: what a row of a sole service says more than others. */
const NO_FENCE = { columns: '', values: '', given: '', join: '', stale: '0' };
const JOIN_OWNED = joinOwned({ gateway: 'event."gatewayId"', epoch: 'event.epoch', replica: '$3::uuid' });
/** SQL: the same for replica $3, and how many rows are those of gateways that it does not own with their epochs. */
const FENCE = {
  columns: ', observed_by, epoch',
  values: ', $3::uuid, event.epoch',
  given: ', epoch bigint',
  join: ` ${JOIN_OWNED}`,
  stale: `(SELECT count(*)::int FROM event JOIN gateways ON gateways.id = event."gatewayId"
    WHERE event.id NOT IN (SELECT event.id FROM event ${JOIN_OWNED}))`,
};
const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Which page of a gateway's history to return. */
export interface EventPageRequest {
  readonly limit: number;
  /** The id of the last row of the previous page. */
  readonly before?: string;
  /** Only events whose reason has one of these codes. */
  readonly reasonCodes?: readonly ReasonCode[];
}

/** Events, newest first. */
export interface EventPage {
  readonly items: ConnectionEventRow[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/** What a clean-up would delete. */
export interface ExpiredEvents {
  /** The database's time. */
  readonly now: Date;
  /** Older events have expired. */
  readonly expiry: Date;
  readonly rows: number;
  /** Whether more than half of all events have expired. */
  readonly areMost: boolean;
}

@Injectable()
export class ConnectionEventsRepository {
  /** Null if this process has every gateway. */
  private readonly shared: Ownership | null;

  constructor(
    @InjectRepository(ConnectionEvent) private readonly rows: Repository<ConnectionEvent>,
    @Optional() @Inject(Ownership) ownership: Ownership | null = null,
  ) {
    this.shared = ownership?.isShared ? ownership : null;
  }

  /**
   * Stores rows in one statement: inserts new ones and updates stored ones whose count has grown. Idempotent. Rows whose gateway is not
   * in the table are skipped, and so are rows of gateways that this replica does not own with the epoch of the row. Times are stored by the
   * database's clock, and never later than its `now()`.
   * @returns the greatest id that was stored before this statement; null if the table was empty
   */
  async store(events: readonly NewConnectionEvent[]): Promise<string | null> {
    const { shared } = this;
    const rows = events.map(({ epoch, ...event }) => ({
      ...event,
      reason: storable(event.reason),
      ...(shared && { epoch }),
    }));
    const parameters = [JSON.stringify(rows), new Date(), ...(shared ? [shared.self.id] : [])];
    const fence = shared ? FENCE : NO_FENCE;
    const [{ latest, stale }] = await this.rows.query<[{ latest: string | null; stale: number }]>(
      `WITH clock AS (SELECT ${clockSkew('$2')} AS skew),
            event AS (
              SELECT * FROM jsonb_to_recordset($1::jsonb) AS event (id uuid, "gatewayId" uuid, "firstAt" timestamptz,
                at timestamptz, "from" text, "to" text, reason jsonb, attempt integer, count integer${fence.given})),
            written AS (
              INSERT INTO gateway_connection_events AS stored
                (id, gateway_id, first_at, at, from_state, to_state, reason, attempt, count${fence.columns})
              SELECT event.id, "gatewayId", LEAST("firstAt" + skew, now()), LEAST(at + skew, now()), "from", "to", reason,
                attempt, count${fence.values}
              FROM event JOIN gateways ON gateways.id = event."gatewayId"${fence.join} CROSS JOIN clock
              ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, to_state = EXCLUDED.to_state, reason = EXCLUDED.reason,
                attempt = EXCLUDED.attempt, count = EXCLUDED.count
              WHERE stored.count < EXCLUDED.count)
       SELECT (${GREATEST_ID}) AS latest, ${fence.stale} AS stale`,
      parameters,
    );
    shared?.refused.add('history', stale);
    return latest;
  }

  /** The greatest stored id, over all gateways; null if the table is empty. */
  async findGreatestId(): Promise<string | null> {
    const [latest] = await this.rows.query<{ id: string }[]>(GREATEST_ID);
    return latest?.id ?? null;
  }

  /** Pages are stable: rows that are stored between two reads are newer than both pages. */
  async findPage(
    { organizationId }: Reach,
    gatewayId: string,
    { limit, before = AFTER_ALL, reasonCodes }: EventPageRequest,
  ): Promise<EventPage> {
    const query = this.rows.createQueryBuilder('row');
    if (organizationId !== null)
      query.innerJoin('row.gateway', 'gateway', 'gateway.organizationId = :organizationId', { organizationId });
    if (reasonCodes !== undefined) query.andWhere(`row.reason ->> 'code' IN (:...reasonCodes)`, { reasonCodes });
    const rows = await query
      // A range of the composite index instead of `gateway_id = …`: for a gateway with many events, PostgreSQL would expect some among
      // the latest events of all gateways and, if there are none, scan back through the events of every gateway.
      .andWhere('(row.gatewayId, row.id) < (:gatewayId, :before) AND row.gatewayId >= :gatewayId', {
        gatewayId,
        before,
      })
      .orderBy({ 'row.gatewayId': 'DESC', 'row.id': 'DESC' })
      .limit(limit + 1)
      .getMany();
    return { items: rows.slice(0, limit), hasMore: rows.length > limit };
  }

  /** Finds what a clean-up would delete, by the database's clock, which also dates the stored events. */
  async findExpired(keepDays: number): Promise<ExpiredEvents> {
    const [found] = await this.rows.query<ExpiredEvents[]>(
      // Counts only as many unexpired events as the comparison needs: an hour after a clean-up, few have expired.
      `WITH clock AS (SELECT now() - $1 * interval '24 hours' AS expiry),
            expired AS (SELECT count(*)::int AS n FROM gateway_connection_events WHERE at < (SELECT expiry FROM clock)),
            others AS (SELECT count(*)::int AS n FROM (SELECT FROM gateway_connection_events
                         WHERE at >= (SELECT expiry FROM clock) LIMIT (SELECT n FROM expired)) AS other)
       SELECT now() AS "now", expiry, expired.n AS "rows", expired.n > others.n AS "areMost" FROM clock, expired, others`,
      [keepDays],
    );
    if (!found) throw new Error('a query that always returns one row returned none');
    return found;
  }

  /** Deletes at most `maxRows` of the rows whose latest change is older than `limit`, oldest first. @returns how many were deleted */
  async deleteOlderThan(limit: Date, maxRows: number): Promise<number> {
    const [, deleted] = await this.rows.query<[unknown[], number]>(
      `DELETE FROM gateway_connection_events WHERE id = ANY (ARRAY(
         SELECT id FROM gateway_connection_events WHERE at < $1 ORDER BY at LIMIT $2))`,
      [limit, maxRows],
    );
    return deleted;
  }
}

/** Replaces lone surrogates and NUL: PostgreSQL rejects them, and with them every row of the statement. */
function storable(reason: Reason | null): Reason | null {
  return reason && { ...reason, message: reason.message.toWellFormed().replaceAll('\0', '\ufffd') };
}
