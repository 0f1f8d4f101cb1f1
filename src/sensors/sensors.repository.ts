import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Actor, Reach } from '../common/actor';
import type { Metadata } from '../common/metadata';
import type { Page, PageRequest } from '../common/page';
import { PreconditionFailedError } from '../common/precondition';
import type { IfMatch } from '../common/precondition';
import { insertAuditSql } from '../database/sql/audit-sql';
import { SqlColumns } from '../database/sql/columns';
import { findPage } from '../database/sql/find-page';
import { Parameters } from '../database/sql/parameters';
import type { GatewayNews } from './gateway-news';
import { Sensor } from './sensor.entity';
import type { SensorRow, SensorSettings } from './sensor.entity';
import { newsParameters, STORE_NEWS_SQL } from './store-news.sql';
import { selectWithin } from './within-reach.sql';

/** What users change of a sensor. Undefined fields are not changed. */
export interface SensorChanges {
  readonly name?: string;
  /** Replaced as a whole, like metadata. */
  readonly settings?: SensorSettings;
  readonly expectedIntervalS?: number | null;
  readonly metadata?: Metadata;
  /** Cannot be changed; must equal the stored value. */
  readonly gatewayId?: string;
  readonly serial?: string;
}

/** Whether the gateway reaches the sensor, as it can be said now: `unknown` if its gateway is not connected. */
export type SensorConnection = 'connected' | 'disconnected' | 'unknown';

export interface SensorQuery extends PageRequest {
  readonly gatewayId?: string;
  readonly factoryId?: string;
  readonly serial?: string;
  readonly listed?: boolean;
  readonly search?: string;
  readonly connection?: {
    readonly is: SensorConnection;
    /** The gateways that are connected now: of sensors of others, nothing is known. */
    readonly connectedGateways: readonly string[];
  };
}

/** Sensors of living gateways within reach; others are not visible. */
@Injectable()
export class SensorsRepository {
  private readonly columns: SqlColumns<Sensor>;

  constructor(@InjectRepository(Sensor) private readonly repository: Repository<Sensor>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  async findById(reach: Reach, id: string): Promise<SensorRow | null> {
    const { condition, parameters } = selectWithin(reach).where('id', id);
    const [row] = await this.repository.query<SensorRow[]>(
      `SELECT ${this.columns.selected} FROM sensors AS "row" WHERE ${condition}`,
      parameters.values,
    );
    return row ?? null;
  }

  findAll(reach: Reach, query: SensorQuery): Promise<Page<SensorRow>> {
    const { gatewayId, factoryId, serial, listed, search, connection, ...page } = query;
    const selection = selectWithin(reach, factoryId)
      .where('gateway_id', gatewayId)
      .where('serial', serial)
      .and(listed === undefined ? undefined : listed ? 'listed' : 'NOT listed')
      .whereContains(['name', 'serial::text'], search);
    if (connection) selection.and(connectionSql(connection, selection.parameters));
    return findPage<SensorRow>(this.repository, this.columns, selection, page);
  }

  /**
   * Changes a sensor, and records that. Null if there is no such sensor with the values that cannot be changed.
   * @throws PreconditionFailedError if it has another revision
   */
  async update(
    actor: Actor,
    id: string,
    { gatewayId, serial, ...changes }: SensorChanges,
    { ifMatch }: IfMatch = {},
  ): Promise<SensorRow | null> {
    const { condition, parameters } = selectWithin(actor)
      .where('id', id)
      .where('gateway_id', gatewayId)
      .where('serial', serial);
    const matching = ifMatch ? `${condition} AND revision = ANY (${parameters.add(ifMatch, 'integer[]')})` : condition;
    const [row] = await this.repository.query<SensorRow[]>(
      this.updateSql(actor, matching, changes, parameters),
      parameters.values,
    );
    if (!row && ifMatch) await this.requireRevision(actor, id, ifMatch);
    return row ?? null;
  }

  /**
   * Stores what gateways have reported, in one statement. Rows that say the same already are not written. News of gateways that were
   * deleted meanwhile are dropped.
   */
  async storeNews(news: readonly GatewayNews[]): Promise<void> {
    await this.repository.query(STORE_NEWS_SQL, newsParameters(news));
  }

  private updateSql(actor: Actor, condition: string, changes: Partial<Sensor>, parameters: Parameters): string {
    const values = this.columns.bind(changes, parameters);
    if (values.size === 0) return `SELECT ${this.columns.selected} FROM sensors AS "row" WHERE ${condition}`; // SQL has no empty UPDATE.
    const named = [...values].map(([column, value]) => [this.columns.auditName(column), column, value] as const);
    const audit = insertAuditSql(
      actor,
      {
        ...{ action: 'sensor.update', object: 'sensor', id: 'changed."id"' },
        ...{ organizationId: 'before.organization_id', from: 'before CROSS JOIN changed' },
        changes: {
          before: new Map(named.map(([name, column]) => [name, `before.${column}`])),
          after: new Map(named.map(([name, , value]) => [name, value])),
        },
      },
      parameters,
    );
    const set = Array.from(values, ([column, value]) => `${column} = ${value}`).join(', ');
    return `WITH before AS (
        SELECT sensors.id AS old_id, ${[...values.keys()].map((column) => `sensors.${column}`).join(', ')},
          (SELECT organization_id FROM gateways WHERE id = sensors.gateway_id) AS organization_id
        FROM sensors WHERE ${condition} FOR NO KEY UPDATE),
      changed AS (UPDATE sensors AS "row" SET ${set} FROM before WHERE "row".id = before.old_id RETURNING ${this.columns.selected}),
      audit AS (${audit})
      SELECT * FROM changed`;
  }

  /** Tells a sensor that is missing from one that has another revision. @throws PreconditionFailedError for the latter */
  private async requireRevision(reach: Reach, id: string, ifMatch: readonly number[]): Promise<void> {
    const row = await this.findById(reach, id);
    if (row && !ifMatch.includes(row.revision)) throw new PreconditionFailedError(row.revision);
  }
}

function connectionSql(
  { is, connectedGateways }: NonNullable<SensorQuery['connection']>,
  parameters: Parameters,
): string {
  const gateways = parameters.add(connectedGateways, 'uuid[]');
  if (is === 'unknown') return `(connected IS NULL OR gateway_id <> ALL (${gateways}))`;
  return `${is === 'connected' ? 'connected' : 'NOT connected'} AND gateway_id = ANY (${gateways})`;
}
