import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reason } from '../connection-state';
import { ConnectionEvent } from './connection-event.entity';
import type { ConnectionEventRow } from './connection-event.entity';

const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Which part of a gateway's history is wanted. */
export interface EventPageRequest {
  readonly limit: number;
  /** The id of the row that the page before ended with. */
  readonly before?: string;
}

/** Events, the newest first. */
export interface EventPage {
  readonly items: ConnectionEventRow[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

@Injectable()
export class ConnectionEventsRepository {
  constructor(@InjectRepository(ConnectionEvent) private readonly rows: Repository<ConnectionEvent>) {}

  /**
   * Stores rows in one statement: new ones, and ones that were stored before and have grown. Storing a row twice does no harm.
   * Rows of gateways that are not in the table are left out.
   */
  async store(events: readonly ConnectionEventRow[]): Promise<void> {
    const parameter = JSON.stringify(events.map((event) => ({ ...event, reason: storable(event.reason) })));
    await this.rows.query(
      `INSERT INTO gateway_connection_events AS stored
         (id, gateway_id, first_at, at, from_state, to_state, reason, attempt, count)
       SELECT event.id, "gatewayId", "firstAt", at, "from", "to", reason, attempt, count
       FROM jsonb_to_recordset($1::jsonb) AS event (id uuid, "gatewayId" uuid, "firstAt" timestamptz, at timestamptz,
         "from" text, "to" text, reason jsonb, attempt integer, count integer)
       JOIN gateways ON gateways.id = event."gatewayId"
       ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, to_state = EXCLUDED.to_state, reason = EXCLUDED.reason,
         attempt = EXCLUDED.attempt, count = EXCLUDED.count
       WHERE stored.count < EXCLUDED.count`,
      [parameter],
    );
  }

  /** Pages are stable: what is stored between two of them is newer than both. */
  async findPage(gatewayId: string, { limit, before = AFTER_ALL }: EventPageRequest): Promise<EventPage> {
    const rows = await this.rows
      .createQueryBuilder('row')
      // A range of the one index, and not `gateway_id = …`: of a gateway with many events PostgreSQL would expect some among the
      // latest of all gateways, and when there are none, go back through everybody's.
      .where('(row.gatewayId, row.id) < (:gatewayId, :before) AND row.gatewayId >= :gatewayId', { gatewayId, before })
      .orderBy({ 'row.gatewayId': 'DESC', 'row.id': 'DESC' })
      .limit(limit + 1)
      .getMany();
    return { items: rows.slice(0, limit), hasMore: rows.length > limit };
  }

  /** Deletes some of the rows whose latest change is older than `limit`, and says how many. */
  async deleteOlderThan(limit: Date, maxRows: number): Promise<number> {
    const [, deleted] = await this.rows.query<[unknown[], number]>(
      `DELETE FROM gateway_connection_events WHERE id = ANY (ARRAY(
         SELECT id FROM gateway_connection_events WHERE at < $1 ORDER BY at LIMIT $2))`,
      [limit, maxRows],
    );
    return deleted;
  }
}

/** PostgreSQL refuses these characters, and with them every row of the statement. */
function storable(reason: Reason | null): Reason | null {
  return reason && { ...reason, message: reason.message.toWellFormed().replaceAll('\0', '\ufffd') };
}
