import { QueryFailedError } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { recordCreated } from '../database/sql/record-created';
import { Factory } from '../factories/factory.entity';
import { Gateway } from '../gateways/gateway.entity';
import { Organization } from '../organizations/organization.entity';
import { EARLIER_TABLES } from '../schema/earlier-version';
import { AdoptionRefusedError } from './adoption.errors';
import { BOOKKEEPING_TABLES, EARLIER_COLUMNS } from './earlier-schema';
import type { EarlierTable, FoundColumn } from './earlier-schema';
import type { EarlierFactory, EarlierGateway, EarlierOrganization, EarlierRows } from './earlier-rows';
import { FOREIGN_OBJECTS, FOUND_COLUMNS, misfits, TRIGGER_FUNCTIONS } from './earlier-schema.sql';

/** Time to wait for other programs that use the tables. */
const LOCK_TIMEOUT_MS = 3000;

const LOCK_NOT_AVAILABLE = '55P03';
const DEPENDENT_OBJECTS = '2BP01';

/** Number of rows that were taken over. */
export interface RowCount {
  readonly table: EarlierTable;
  readonly total: number;
  readonly deleted: number;
}

/** Rows that were deleted because their parent is deleted. */
export interface Cascade {
  readonly factories: readonly string[];
  readonly gateways: readonly string[];
}

const AUDITED = [
  [Organization, 'organization', 'id'],
  [Factory, 'factory', 'organization_id'],
  [Gateway, 'gateway', 'organization_id'],
] as const;

/** The statements of an adoption. All of them run in the manager's transaction. */
export class AdoptionRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Locks the tables for other programs until the transaction ends. @throws AdoptionRefusedError if they are in use */
  async lockTables(): Promise<void> {
    await this.manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    try {
      await this.manager.query(`LOCK TABLE ${EARLIER_TABLES.join()} IN ACCESS EXCLUSIVE MODE`);
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      throw new AdoptionRefusedError(['another program is using the tables; stop the earlier version and try again']);
    }
  }

  findColumns(): Promise<FoundColumn[]> {
    return this.manager.query<FoundColumn[]>(FOUND_COLUMNS, [EARLIER_TABLES]);
  }

  /** Describes everything else in the schema, such as `view daily_report`. */
  async findForeignObjects(): Promise<string[]> {
    const known = [...EARLIER_TABLES, ...BOOKKEEPING_TABLES, 'migrations'];
    const found = await this.manager.query<{ object: string }[]>(FOREIGN_OBJECTS, [known, EARLIER_TABLES]);
    return found.map(({ object }) => object);
  }

  /** Copies the rows to temporary tables, which the other methods work on. */
  async copyRows(): Promise<void> {
    for (const table of EARLIER_TABLES) {
      await this.manager.query(`CREATE TEMPORARY TABLE ${copyOf(table)} ON COMMIT DROP AS TABLE ${table}`);
    }
  }

  /** Marks living rows of deleted parents as deleted, with the deletion time of the parent. */
  async deleteWithParents(): Promise<Cascade> {
    return {
      factories: await this.deleteChildren('factories', 'organization_id', 'organizations'),
      gateways: await this.deleteChildren('gateways', 'factory_id', 'factories'),
    };
  }

  /** One line for each value that does not fit the current columns and constraints. */
  async findMisfits(): Promise<string[]> {
    const found = await this.manager.query<{ problem: string }[]>(misfits(copyOf));
    return found.map(({ problem }) => problem);
  }

  async findRows(): Promise<EarlierRows> {
    const isDeleted = `deleted_at IS NOT NULL AS "isDeleted"`;
    return {
      organizations: await this.manager.query<EarlierOrganization[]>(
        `SELECT id, name, metadata, ${isDeleted} FROM ${copyOf('organizations')} ORDER BY id`,
      ),
      factories: await this.manager.query<EarlierFactory[]>(
        `SELECT id, name, location, timezone, metadata, ${isDeleted} FROM ${copyOf('factories')} ORDER BY id`,
      ),
      gateways: await this.manager.query<EarlierGateway[]>(
        `SELECT gateway.id, factory.organization_id AS "organizationId", gateway_id, gateway.name, url, email, model,
           firmware_version, gateway.metadata, password_encrypted::text AS sealed,
           gateway.deleted_at IS NOT NULL AS "isDeleted"
         FROM ${copyOf('gateways')} AS gateway JOIN ${copyOf('factories')} AS factory ON factory.id = factory_id
         ORDER BY gateway.id`,
      ),
    };
  }

  /**
   * Drops the earlier tables, their trigger functions and the bookkeeping tables. Returns the names of the latter two.
   * @throws AdoptionRefusedError if objects of other schemas depend on them
   */
  async dropEarlierSchema(): Promise<string[]> {
    const functions = await this.manager.query<{ signature: string }[]>(TRIGGER_FUNCTIONS, [EARLIER_TABLES]);
    const bookkeeping = await this.manager.query<{ name: string }[]>(
      `SELECT name FROM unnest($1::text[]) AS bookkeeping (name) WHERE to_regclass(format('%I.%I', current_schema(), name)) IS NOT NULL`,
      [BOOKKEEPING_TABLES],
    );
    const tables = bookkeeping.map(({ name }) => name);
    try {
      await this.manager.query(`DROP TABLE ${[...EARLIER_TABLES, ...tables].join()}`);
      for (const { signature } of functions) await this.manager.query(`DROP FUNCTION ${signature}`);
    } catch (error) {
      if (codeOf(error) !== DEPENDENT_OBJECTS) throw error;
      throw new AdoptionRefusedError(detailOf(error).split('\n'));
    }
    return [...tables.map((name) => `table ${name}`), ...functions.map(({ signature }) => `function ${signature}`)];
  }

  /** Fills the current tables from the copies. @param sealed passwords by gateway id */
  async insertRows(sealed: ReadonlyMap<string, string>): Promise<void> {
    for (const table of EARLIER_TABLES) {
      const values = new Map(EARLIER_COLUMNS[table].map(({ name }) => [name, `earlier.${name}`]));
      if (table === 'gateways') {
        values.set('password_encrypted', 'sealed.text').set('organization_id', 'factory.organization_id');
      }
      await this.manager.query(
        `INSERT INTO ${table} (${[...values.keys()].join()})
         SELECT ${[...values.values()].join()} FROM ${copyOf(table)} AS earlier ${table === 'gateways' ? JOINED : ''}`,
        table === 'gateways' ? [[...sealed.keys()], [...sealed.values()]] : [],
      );
    }
  }

  /** Records the living rows in the audit log, as created by the adoption. */
  async recordRows(actor: Actor): Promise<void> {
    for (const [entity, object, organization] of AUDITED) {
      const metadata = this.manager.dataSource.getMetadata(entity);
      await recordCreated(this.manager, actor, { metadata, object, organization });
    }
  }

  async countRows(): Promise<RowCount[]> {
    const counts = EARLIER_TABLES.map(
      (table) =>
        `SELECT '${table}' AS "table", count(*)::int AS total, count(deleted_at)::int AS deleted FROM ${table}`,
    );
    return this.manager.query<RowCount[]>(counts.join(' UNION ALL '));
  }

  private async deleteChildren(table: EarlierTable, parentId: string, parents: EarlierTable): Promise<string[]> {
    const rows = await this.manager.query<{ id: string }[]>(
      `WITH deleted AS (
         UPDATE ${copyOf(table)} AS child SET deleted_at = parent.deleted_at FROM ${copyOf(parents)} AS parent
         WHERE parent.id = child.${parentId} AND child.deleted_at IS NULL AND parent.deleted_at IS NOT NULL
         RETURNING child.id)
       SELECT id FROM deleted ORDER BY id`,
    );
    return rows.map(({ id }) => id);
  }
}

/** What the row of a gateway needs besides its earlier one. */
const JOINED = `JOIN unnest($1::uuid[], $2::text[]) AS sealed (id, text) USING (id)
  JOIN ${copyOf('factories')} AS factory ON factory.id = earlier.factory_id`;

function copyOf(table: EarlierTable): string {
  return `earlier_${table}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;
}

/** The detail that PostgreSQL adds to a message. Use it only for errors whose details name objects, not rows. */
function detailOf(error: unknown): string {
  const { detail } = (error instanceof QueryFailedError ? error.driverError : {}) as { detail?: string };
  return detail ?? 'other objects depend on its tables';
}
