import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { CredentialCipher } from '../../src/crypto/credential-cipher';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { PASSWORD_PURPOSE, passwordBinding } from '../../src/gateways/gateway.entity';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { Bench } from '../bench';
import type { Rows } from './rows';

const ORGANIZATIONS = 400;
const FACTORIES = 400;
const LARGE_ORGANIZATIONS = 20;
const LARGE_FACTORIES = 10;
const MARK = 'statement-of ';

/** An embedded PostgreSQL with the schema. Without fsync: the programs are compared, not the disk. */
export class BenchDatabase {
  readonly key = randomBytes(32);
  private readonly pool: Pool;

  private constructor(
    readonly url: string,
    private readonly log: string,
  ) {
    this.pool = new Pool({ connectionString: url, max: 1 });
    this.pool.on('error', () => undefined); // An idle connection fails when the server stops.
  }

  static async start({ dir, cleanUp, template }: Bench): Promise<BenchDatabase> {
    const dataDir = join(dir, 'postgres');
    await template.copyTo(dataDir);
    const postgres = cleanUp.keep(await startEmbeddedPostgres({ dataDir, ephemeral: true }));
    const database = new BenchDatabase(postgres.url, join(dataDir, 'postgres.log'));
    cleanUp.add(() => database.pool.end());
    return database;
  }

  /**
   * Replaces all rows: 400 organizations, 400 factories in 20 of them, and a gateway for each URL in 10 of the factories, so that
   * filtered lists have full pages.
   * @param spread another number of factories, and in how many of them the gateways are
   */
  async fill(
    urls: readonly string[],
    desiredState: 'connected' | 'disconnected',
    spread = { factories: FACTORIES, withGateways: LARGE_FACTORIES },
  ): Promise<Rows> {
    const { email, password } = DEFAULT_LOGIN;
    const cipher = new CredentialCipher(this.key);
    const ids = urls.map(() => randomUUID());
    const sealed = urls.map((url, index) =>
      cipher.seal(password, PASSWORD_PURPOSE, passwordBinding(ids[index] ?? '', url)),
    );
    // Otherwise VACUUM could not mark the pages all-visible yet, and there would be no index-only scans.
    await this.pool.query('SET synchronous_commit = on');
    await this.pool.query('TRUNCATE organizations CASCADE');
    const organizationIds = await this.insert(
      `INSERT INTO organizations (name, metadata)
       SELECT 'Organization ' || lpad(n::text, 3, '0'), '{"country": "US"}' FROM generate_series(1, ${ORGANIZATIONS}) n RETURNING id`,
    );
    const largeOrganizationIds = organizationIds.slice(0, LARGE_ORGANIZATIONS);
    const factoryIds = await this.insert(
      `INSERT INTO factories (organization_id, name, location, metadata)
       SELECT ($1::uuid[])[1 + n % ${LARGE_ORGANIZATIONS}], 'Factory ' || lpad(n::text, 3, '0'), 'Hall 3', '{"shifts": 3}'
       FROM generate_series(1, ${spread.factories}) n RETURNING id`,
      [largeOrganizationIds],
    );
    const largeFactoryIds = factoryIds.slice(0, spread.withGateways);
    const gatewayIds = await this.insert(
      `INSERT INTO gateways (id, factory_id, organization_id, gateway_id, name, url, email, password_encrypted, desired_state, metadata)
       SELECT given.id, factories.id, organization_id, 'GW-' || n, 'Gateway ' || lpad(n::text, 6, '0'), url, $2, sealed, $3,
              '{"line": 4, "hall": "north"}'
       FROM unnest($4::text[], $5::text[], $6::uuid[]) WITH ORDINALITY AS given (url, sealed, id, n)
       JOIN factories ON factories.id = ($1::uuid[])[1 + n % ${spread.withGateways}] ORDER BY n RETURNING gateways.id`,
      [largeFactoryIds, email, desiredState, urls, sealed, ids],
    );
    await this.pool.query('VACUUM ANALYZE');
    return { organizationIds, factoryIds, gatewayIds, largeOrganizationIds, largeFactoryIds };
  }

  /** Counts the statements that the product sends while `goOn` runs, including BEGIN and COMMIT. */
  async countStatements(goOn: () => Promise<unknown>): Promise<number> {
    const logged = (): number => readFileSync(this.log, 'utf8').split(`${MARK}gateway-hub `).length - 1;
    await this.logStatements(true);
    const before = logged(); // The log also holds those of earlier fleets.
    await goOn();
    await this.logStatements(false);
    return logged() - before;
  }

  private async logStatements(isOn: boolean): Promise<void> {
    await this.pool.query(`ALTER SYSTEM SET log_line_prefix = '${MARK}%a '`);
    await this.pool.query(`ALTER SYSTEM SET log_statement = '${isOn ? 'all' : 'none'}'`);
    await this.pool.query('SELECT pg_reload_conf()');
  }

  private async insert(sql: string, values: readonly unknown[] = []): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(sql, [...values]);
    return rows.map(({ id }) => id);
  }
}
