import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { PreconditionFailedError } from '../common/precondition';
import type { IfMatch } from '../common/precondition';
import { advisoryLock } from '../database/advisory-locks';
import { insertAuditSql } from '../database/sql/audit-sql';
import { Parameters } from '../database/sql/parameters';
import { SeverityLimit } from './severity-limit.entity';

/** The limits of one group of machines. */
export type Limits = Omit<SeverityLimit, 'id' | 'revision'>;

/** All limits, which are changed together. */
export interface LimitsTable {
  readonly revision: number;
  readonly limits: readonly Limits[];
}

/** Columns and names in the API, by the fields of `Limits`. */
const KEY = { standard: 'standard', machineGroup: 'machine_group', support: 'support' } as const;
const VALUES = {
  boundaryAb: 'boundary_ab',
  boundaryBc: 'boundary_bc',
  boundaryCd: 'boundary_cd',
  note: 'note',
} as const;
const COLUMNS = [...Object.values(KEY), ...Object.values(VALUES)];
const LIST = COLUMNS.join(', ');
const SELECTED = Object.entries({ ...KEY, ...VALUES, revision: 'revision' })
  .map(([property, column]) => `${column} AS "${property}"`)
  .join(', ');

/** The limits of severity. They are the same for all organizations, so there is no reach. */
@Injectable()
export class SeverityLimitsRepository {
  constructor(@InjectRepository(SeverityLimit) private readonly repository: Repository<SeverityLimit>) {}

  findAll(): Promise<LimitsTable> {
    return readAll(this.repository.manager);
  }

  /**
   * Replaces all limits, and records each one that changes.
   * @param limits at least one, no two for the same machines
   * @throws PreconditionFailedError if they have another revision
   */
  replace(actor: Actor, limits: readonly Limits[], { ifMatch }: IfMatch = {}): Promise<LimitsTable> {
    return this.repository.manager.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('severity')); // One writer at a time.
      const before = await readAll(manager);
      if (ifMatch && !ifMatch.includes(before.revision)) throw new PreconditionFailedError(before.revision);
      if (isSame(before.limits, limits)) return before;
      const parameters = new Parameters();
      await manager.query(replaceSql(actor, limits, before.revision + 1, parameters), parameters.values);
      return readAll(manager);
    });
  }
}

async function readAll(manager: EntityManager): Promise<LimitsTable> {
  const rows = await manager.query<(Limits & { revision: number })[]>(
    `SELECT ${SELECTED} FROM severity_limits ORDER BY standard, machine_group, support DESC`,
  );
  return { revision: rows[0]?.revision ?? 0, limits: rows };
}

/** Whether two tables say the same, whatever the order of their rows. */
function isSame(one: readonly Limits[], other: readonly Limits[]): boolean {
  const textOf = (limits: readonly Limits[]) => {
    const rows = limits.map((row) =>
      JSON.stringify([...Object.keys(KEY), ...Object.keys(VALUES)].map((name) => row[name as keyof Limits])),
    );
    return rows.sort().join();
  };
  return textOf(one) === textOf(other);
}

function replaceSql(actor: Actor, limits: readonly Limits[], revision: number, parameters: Parameters): string {
  const arrays = Object.keys({ ...KEY, ...VALUES }).map((name) => {
    const type = name.startsWith('boundary') ? 'float8[]' : 'text[]';
    return parameters.add(
      limits.map((row) => row[name as keyof Limits]),
      type,
    );
  });
  const isSameMachine = (a: string, b: string) =>
    Object.values(KEY)
      .map((name) => `${a}.${name} = ${b}.${name}`)
      .join(' AND ');
  const newRevision = parameters.add(revision, 'integer');
  const set = [...Object.values(VALUES), 'revision'].map((name) => `${name} = EXCLUDED.${name}`).join(', ');
  return `WITH given AS (SELECT * FROM unnest(${arrays.join(', ')}) AS given (${LIST})),
    before AS MATERIALIZED (SELECT * FROM severity_limits),
    deleted AS (DELETE FROM severity_limits AS stored
      WHERE NOT EXISTS (SELECT FROM given WHERE ${isSameMachine('given', 'stored')}) RETURNING *),
    stored AS (INSERT INTO severity_limits AS stored (${LIST}, revision) SELECT ${LIST}, ${newRevision} FROM given
      ON CONFLICT (${Object.values(KEY).join(', ')}) DO UPDATE SET ${set} RETURNING *),
    created AS (SELECT stored.* FROM stored LEFT JOIN before ON before.id = stored.id WHERE before.id IS NULL),
    audit_created AS (${auditSql(actor, 'create', 'created', parameters)}),
    audit_deleted AS (${auditSql(actor, 'delete', 'deleted', parameters)}),
    audit_updated AS (${auditSql(actor, 'update', 'stored', parameters)})
    SELECT`;
}

/** @param source of the rows that have changed */
function auditSql(
  actor: Actor,
  verb: 'create' | 'update' | 'delete',
  source: 'created' | 'deleted' | 'stored',
  parameters: Parameters,
): string {
  const nameOf = (column: string) => (column === 'machine_group' ? 'group' : column); // As in the API.
  const fieldsOf = (row: string) => new Map(COLUMNS.map((column) => [nameOf(column), `${row}.${column}`]));
  const nothing = new Map(COLUMNS.map((column) => [nameOf(column), 'NULL::text']));
  const common = { object: 'severity_limit', id: `${source}.id`, organizationId: 'NULL::uuid' } as const;
  if (verb !== 'update') {
    const fields = fieldsOf(source);
    const changes = verb === 'create' ? { before: nothing, after: fields } : { before: fields, after: nothing };
    return insertAuditSql(actor, { ...common, action: `severity_limit.${verb}`, from: source, changes }, parameters);
  }
  return insertAuditSql(
    actor,
    {
      ...{ ...common, action: 'severity_limit.update', from: 'before JOIN stored ON stored.id = before.id' },
      changes: { before: fieldsOf('before'), after: fieldsOf('stored') },
    },
    parameters,
  );
}
