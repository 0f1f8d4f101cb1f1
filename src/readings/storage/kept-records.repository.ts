import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { ReadingKind } from '../reading';
import { KeptRecord } from './kept-record.entity';
import { storableText } from './storable';

/** A record that is no reading. */
export interface RecordToKeep {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly serial: number | null;
  readonly problem: 'unreadable' | 'conflict';
  readonly reason: string;
  /** As JSON. */
  readonly text: string;
  readonly receivedAt: Date;
}

/** A gateway that sends nothing else must not fill the disk. */
const MOST_PER_GATEWAY = 1000;
const KEEP_DAYS = 30;

/** Records that are no readings, as text: the newest thousand of each gateway, for thirty days. */
@Injectable()
export class KeptRecordsRepository {
  constructor(@InjectRepository(KeptRecord) private readonly rows: Repository<KeptRecord>) {}

  /** Records of gateways that are not in the table are skipped. */
  async store(records: readonly RecordToKeep[], manager: EntityManager = this.rows.manager): Promise<void> {
    if (records.length === 0) return;
    const newest = newestOfEach(records);
    await manager.query(
      `INSERT INTO unreadable_records (gateway_id, kind, serial, problem, reason, text, received_at)
       SELECT given.* FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
         AS given (gateway_id, kind, serial, problem, reason, text, received_at)
       JOIN gateways ON gateways.id = given.gateway_id`,
      [
        newest.map(({ gatewayId }) => gatewayId),
        newest.map(({ kind }) => kind),
        newest.map(({ serial }) => serial),
        newest.map(({ problem }) => problem),
        newest.map(({ reason }) => storableText(reason)),
        newest.map(({ text }) => storableText(text)),
        newest.map(({ receivedAt }) => receivedAt.toISOString()),
      ],
    );
    await manager.query(
      `DELETE FROM unreadable_records WHERE id IN (
         SELECT surplus.id FROM unnest($1::uuid[]) AS given (gateway_id), LATERAL (
           SELECT id FROM unreadable_records WHERE gateway_id = given.gateway_id
           ORDER BY id DESC OFFSET ${MOST_PER_GATEWAY}) AS surplus)`,
      [[...new Set(newest.map(({ gatewayId }) => gatewayId))]],
    );
  }

  /** Deletes records older than thirty days. @returns how many */
  async expire(): Promise<number> {
    // Ids begin with the time, in milliseconds.
    const [, expired] = await this.rows.query<[unknown[], number]>(
      `DELETE FROM unreadable_records WHERE id <
         rpad(lpad(to_hex((EXTRACT(EPOCH FROM now() - interval '${KEEP_DAYS} days') * 1000)::bigint), 12, '0'), 32, '0')::uuid`,
    );
    return expired;
  }
}

/** The last records of each gateway, in their order. */
function newestOfEach(records: readonly RecordToKeep[]): RecordToKeep[] {
  const counts = new Map<string, number>();
  const newest = records.toReversed().filter(({ gatewayId }) => {
    const count = (counts.get(gatewayId) ?? 0) + 1;
    counts.set(gatewayId, count);
    return count <= MOST_PER_GATEWAY;
  });
  return newest.reverse();
}
