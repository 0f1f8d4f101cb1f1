import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../../common/actor';
import type { AuditAction } from '../../common/audit-actions';
import { insertAuditSql } from '../../database/sql/audit-sql';
import { SqlColumns } from '../../database/sql/columns';
import { Parameters } from '../../database/sql/parameters';
import { withinReach } from '../../database/sql/selection';
import type { ReadingKind } from '../reading';
import { Backfill } from './backfill.entity';

export interface NewBackfill {
  readonly kinds: readonly ReadingKind[];
  readonly fromDay: string;
  readonly toDay: string;
  readonly serials: readonly number[];
}

/** Orders to fetch days of gateways' histories. Those of deleted gateways and out of reach are not visible. */
@Injectable()
export class BackfillsRepository {
  private readonly columns: SqlColumns<Backfill>;

  constructor(@InjectRepository(Backfill) private readonly repository: Repository<Backfill>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  /** Stores an order, and records it. @returns null if there is no such gateway within reach */
  async create(
    actor: Actor,
    gatewayId: string,
    { kinds, fromDay, toDay, serials }: NewBackfill,
  ): Promise<Backfill | null> {
    const parameters = new Parameters();
    const owner = ownerSql(actor, parameters, `id = ${parameters.add(gatewayId, 'uuid')}`);
    const values = [
      parameters.add(kinds, 'text[]'),
      parameters.add(fromDay, 'date'),
      parameters.add(toDay, 'date'),
      parameters.add(serials, 'bigint[]'),
    ];
    const [row] = await this.repository.query<Backfill[]>(
      `WITH owner AS (${owner}),
         changed AS (
           INSERT INTO backfills AS "row" (gateway_id, kinds, from_day, to_day, serials)
           SELECT owner.id, ${values.join(', ')} FROM owner
           RETURNING ${this.selected}),
         audit AS (${auditSql(actor, 'backfill.create', parameters)})
       SELECT * FROM changed`,
      parameters.values,
    );
    return row ?? null;
  }

  async findById(reach: Reach, id: string): Promise<Backfill | null> {
    const parameters = new Parameters();
    const ofThis = parameters.add(id, 'uuid');
    const [row] = await this.repository.query<Backfill[]>(
      `SELECT ${this.selected} FROM backfills AS "row"
       JOIN (${ownerSql(reach, parameters, gatewayOf(ofThis))}) AS owner ON owner.id = "row".gateway_id
       WHERE "row".id = ${ofThis}`,
      parameters.values,
    );
    return row ?? null;
  }

  /** Cancels an order that has not ended, and records that. @returns null if there is none */
  async cancel(actor: Actor, id: string): Promise<Backfill | null> {
    const parameters = new Parameters();
    const ofThis = parameters.add(id, 'uuid');
    const [row] = await this.repository.query<Backfill[]>(
      `WITH owner AS (${ownerSql(actor, parameters, gatewayOf(ofThis))}),
         changed AS (
           UPDATE backfills AS "row" SET state = 'cancelled', ended_at = now() FROM owner
           WHERE "row".id = ${ofThis} AND owner.id = "row".gateway_id AND "row".state IN ('queued', 'running')
           RETURNING ${this.selected}),
         audit AS (${auditSql(actor, 'backfill.cancel', parameters)})
       SELECT * FROM changed`,
      parameters.values,
    );
    return row ?? null;
  }

  /** Orders of living gateways that have not ended, oldest first. */
  findOpen(): Promise<Backfill[]> {
    return this.repository.query<Backfill[]>(
      `SELECT ${this.selected} FROM backfills AS "row"
       WHERE "row".state IN ('queued', 'running')
         AND (SELECT deleted_at IS NULL FROM gateways WHERE gateways.id = "row".gateway_id)
       ORDER BY "row".id`,
    );
  }

  /** Notes a page of an order. */
  async note(id: string, page: { readonly records: number; readonly added: number }): Promise<void> {
    await this.repository.query(
      `UPDATE backfills SET state = 'running', requests = requests + 1, records = records + $2, added = added + $3
       WHERE id = $1 AND state IN ('queued', 'running')`,
      [id, page.records, page.added],
    );
  }

  async complete(id: string): Promise<void> {
    await this.repository.query(
      `UPDATE backfills SET state = 'completed', ended_at = now() WHERE id = $1 AND state IN ('queued', 'running')`,
      [id],
    );
  }

  /** Dates as text: the driver would make times of them. */
  private get selected(): string {
    return this.columns.selected
      .replace('"row"."from_day"', '"row"."from_day"::text')
      .replace('"row"."to_day"', '"row"."to_day"::text');
  }
}

function ownerSql(reach: Reach, parameters: Parameters, ...conditions: string[]): string {
  const all = ['deleted_at IS NULL', ...conditions, ...withinReach(reach, 'organization_id', parameters)];
  return `SELECT id, organization_id FROM gateways WHERE ${all.join(' AND ')}`;
}

/** The condition that a gateway is the one of an order. An inner SELECT, so that PostgreSQL looks up one gateway and reads no other. */
function gatewayOf(backfill: string): string {
  return `id = (SELECT gateway_id FROM backfills WHERE id = ${backfill})`;
}

function auditSql(actor: Actor, action: AuditAction, parameters: Parameters): string {
  return insertAuditSql(
    actor,
    {
      ...{ action, object: 'gateway', id: 'changed."gatewayId"' },
      ...{ organizationId: 'owner.organization_id', from: 'changed JOIN owner ON owner.id = changed."gatewayId"' },
    },
    parameters,
  );
}
