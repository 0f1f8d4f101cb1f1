import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { SelectQueryBuilder } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { AuditAction, AuditChanges, AuditObject } from '../common/audit-actions';
import { AuditRecord } from './audit-record.entity';
import { FIRST_ID, firstIdAt, LAST_ID } from './id-time';

/** An act that is no change of a row: those are recorded by the statement that makes them. */
export interface Act {
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly object?: { readonly type: AuditObject; readonly id: string };
  /** The organization that may read about it; null if only actors of the whole installation may. */
  readonly organizationId: string | null;
  readonly changes?: AuditChanges;
  readonly outcome?: AuditRecord['outcome'];
}

/** A span of time; the end is not part of it. */
export interface Period {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Which records to return. Undefined filters keep all. */
export interface AuditQuery extends Period {
  readonly limit: number;
  /** The id of the last record of the previous page. */
  readonly before?: string | undefined;
  readonly actorId?: string | undefined;
  readonly action?: AuditAction | undefined;
  readonly objectType?: AuditObject | undefined;
  readonly objectId?: string | undefined;
  readonly requestId?: string | undefined;
}

/** Records, newest first. */
export interface AuditPage {
  readonly items: AuditRecord[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

type Filter = keyof AuditRecord;

/** The filters that have an index, the most selective first. */
const INDEXED: readonly Filter[] = ['objectId', 'requestId', 'actorId', 'organizationId', 'action'];

/** The times of a record are taken one after the other: that in the id may be slightly earlier. */
const BETWEEN_TIMES_MS = 1000;

@Injectable()
export class AuditRepository {
  constructor(@InjectRepository(AuditRecord) private readonly rows: Repository<AuditRecord>) {}

  /** Stores many acts in one statement. */
  async store(acts: readonly Act[]): Promise<void> {
    await this.rows.query(
      `INSERT INTO audit_log (actor_kind, actor_id, actor_name, organization_id, action, object_type, object_id, changes, outcome,
         request_id, address, user_agent)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS act ("actorKind" text, "actorId" text, "actorName" text, "organizationId" uuid,
         action text, "objectType" text, "objectId" uuid, changes jsonb, outcome text, "requestId" text, address inet, "userAgent" text)`,
      [JSON.stringify(acts.map(toRow))],
    );
  }

  /** Pages are stable: records that are stored between two reads are newer than both pages. */
  async findPage({ organizationId }: Reach, query: AuditQuery): Promise<AuditPage> {
    const { limit, before = LAST_ID, from, to, actorId, action, objectType, objectId, requestId } = query;
    const equal = { organizationId: organizationId ?? undefined, actorId, action, objectType, objectId, requestId };
    const { first, end } = idsOf({ from, to });
    const statement = this.select({ from, to });
    const index = INDEXED.find((filter) => equal[filter as keyof typeof equal] !== undefined);
    for (const [filter, value] of Object.entries(equal)) {
      if (value !== undefined && filter !== index)
        statement.andWhere(`row.${filter} = :${filter}`, { [filter]: value });
    }
    const lead = index && { filter: index, value: equal[index as keyof typeof equal] };
    keepBetween(statement, lead, first, before < end ? before : end);
    const records = await statement.limit(limit + 1).getMany();
    return { items: records.slice(0, limit), hasMore: records.length > limit };
  }

  /** Records in the order of time. @param after the id of the last record of the previous batch */
  findBatch({ organizationId }: Reach, period: Period, limit: number, after = FIRST_ID): Promise<AuditRecord[]> {
    const { first, end } = idsOf(period);
    const statement = this.select(period).andWhere('row.id > :after AND row.id >= :first AND row.id < :end', {
      after,
      first,
      end,
    });
    if (organizationId !== null) statement.andWhere('row.organizationId = :organizationId', { organizationId });
    return statement.orderBy('row.id', 'ASC').limit(limit).getMany();
  }

  /**
   * Deletes the oldest day of the log, if it has been over for this number of days, and records that.
   * @param keepDays at least 30
   * @returns the number of records that were deleted; 0 if no day has expired
   */
  async expireDay(keepDays: number): Promise<number> {
    const [result] = await this.rows.query<{ expired: number }[]>('SELECT expire_audit_log($1) AS expired', [keepDays]);
    return result?.expired ?? 0;
  }

  private select({ from, to }: Period): SelectQueryBuilder<AuditRecord> {
    const statement = this.rows.createQueryBuilder('row').where('true');
    if (from) statement.andWhere('row.at >= :from', { from });
    if (to) statement.andWhere('row.at < :to', { to });
    return statement;
  }
}

/**
 * Keeps the records with ids from `first` to before `end`, and reads them from the index that leads to them. Its range is written out: for a
 * value that many records have, PostgreSQL would expect some among the latest of all records and, if there are none, scan back through all.
 */
function keepBetween(
  statement: SelectQueryBuilder<AuditRecord>,
  lead: { readonly filter: Filter; readonly value: string | undefined } | undefined,
  first: string,
  end: string,
): void {
  if (!lead) {
    statement.andWhere('row.id >= :first AND row.id < :end', { first, end }).orderBy('row.id', 'DESC');
    return;
  }
  const column = `row.${lead.filter}`;
  statement
    .andWhere(`(${column}, row.id) >= (:lead, :first) AND (${column}, row.id) < (:lead, :end)`, {
      lead: lead.value,
      first,
      end,
    })
    .orderBy({ [column]: 'DESC', 'row.id': 'DESC' });
}

/** The range of the ids of records of this time. */
function idsOf({ from, to }: Period): { first: string; end: string } {
  return {
    first: from ? firstIdAt(from.getTime() - BETWEEN_TIMES_MS) : FIRST_ID,
    end: to ? firstIdAt(to.getTime()) : LAST_ID,
  };
}

function toRow({ actor, action, object, organizationId, changes, outcome = 'done' }: Act): Partial<AuditRecord> {
  return {
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    organizationId,
    action,
    objectType: object?.type ?? null,
    objectId: object?.id ?? null,
    changes: changes ?? null,
    outcome,
    requestId: actor.origin?.requestId ?? null,
    address: actor.origin?.address ?? null,
    userAgent: actor.origin?.userAgent ?? null,
  };
}
