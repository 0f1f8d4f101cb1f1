import { SYSTEM } from '../../../src/common/actor';
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { parseConfig } from '../../../src/config/config';
import type { Config } from '../../../src/config/config';
import { CredentialCipher } from '../../../src/crypto/credential-cipher';
import { Secret } from '../../../src/crypto/secret';
import { openDataSource } from '../../../src/schema/data-source';
import { FactoriesRepository } from '../../../src/factories/factories.repository';
import type { NewFactory } from '../../../src/factories/factories.repository';
import { Factory } from '../../../src/factories/factory.entity';
import type { FactoryRow } from '../../../src/factories/factory.entity';
import { Gateway } from '../../../src/gateways/gateway.entity';
import { GatewayAccount } from '../../../src/login-budget/gateway-account.entity';
import { GatewayAccountsRepository } from '../../../src/login-budget/gateway-accounts.repository';
import { GatewayLogin } from '../../../src/login-budget/gateway-login.entity';
import { GatewayLoginsRepository } from '../../../src/login-budget/gateway-logins.repository';
import type { GatewayRow } from '../../../src/gateways/gateway.entity';
import { GatewaysRepository } from '../../../src/gateways/gateways.repository';
import type { NewGateway } from '../../../src/gateways/gateways.repository';
import { Organization } from '../../../src/organizations/organization.entity';
import { OrganizationsRepository } from '../../../src/organizations/organizations.repository';
import { createDatabase } from '../../support/database';
import type { TestDatabase } from '../../support/database';
import { inParallel } from '../../support/in-parallel';

interface StoreOptions {
  readonly variables?: Record<string, string>;
  readonly cipher?: CredentialCipher;
}

let count = 0;

export const aKey = (): Buffer => randomBytes(32);

export function configOf(database: TestDatabase, variables: Record<string, string> = {}): Config {
  return parseConfig({ NODE_ENV: 'test', DATABASE_URL: database.url, ...variables });
}

/** Input for a new gateway; every call has a new label. */
export function aNewGateway(factoryId: string, changes: Partial<NewGateway> = {}): NewGateway {
  count += 1;
  return {
    factoryId,
    label: `GW-${count}`,
    name: `Gateway ${count}`,
    url: 'ws://10.0.0.7:5000',
    email: 'ops@example.org',
    password: Secret.of('correct horse'),
    ...changes,
  };
}

/** The repositories on a real database, without an application around them. */
export class Store {
  readonly organizations: OrganizationsRepository;
  readonly factories: FactoriesRepository;
  readonly gateways: GatewaysRepository;
  readonly logins: GatewayLoginsRepository;
  readonly accounts: GatewayAccountsRepository;

  private constructor(
    readonly database: TestDatabase,
    readonly dataSource: DataSource,
    cipher: CredentialCipher,
  ) {
    this.organizations = new OrganizationsRepository(dataSource.getRepository(Organization));
    this.factories = new FactoriesRepository(dataSource.getRepository(Factory));
    this.gateways = new GatewaysRepository(dataSource.getRepository(Gateway));
    this.logins = new GatewayLoginsRepository(dataSource.getRepository(GatewayLogin));
    this.accounts = new GatewayAccountsRepository(dataSource.getRepository(GatewayAccount), cipher);
  }

  /** Creates a store with its own database, which `drop` removes. */
  static async create(options: StoreOptions = {}): Promise<Store> {
    return Store.on(await createDatabase(), options);
  }

  /** Opens a store with its own pool on an existing database. */
  static async on(
    database: TestDatabase,
    { variables, cipher = new CredentialCipher(aKey()) }: StoreOptions = {},
  ): Promise<Store> {
    const config = configOf(database, variables);
    return new Store(database, await openDataSource(config, cipher), cipher);
  }

  async addFactory(changes: Partial<NewFactory> = {}): Promise<FactoryRow> {
    const organizationId = changes.organizationId ?? (await this.organizations.create(SYSTEM, { name: 'Acme' })).row.id;
    return (await this.factories.create(SYSTEM, { name: 'Springfield', ...changes, organizationId })).row;
  }

  async addGateway(changes: Partial<NewGateway> = {}): Promise<GatewayRow> {
    const factoryId = changes.factoryId ?? (await this.addFactory()).id;
    return (await this.gateways.create(SYSTEM, aNewGateway(factoryId, changes))).row;
  }

  /** Creates gateways in one factory, and returns them in id order. */
  async addGateways(factoryId: string, number: number): Promise<GatewayRow[]> {
    const gateways: GatewayRow[] = [];
    await inParallel(Array(number).keys(), 4, async () => gateways.push(await this.addGateway({ factoryId })));
    return gateways.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Raw SQL, bypassing the repositories. Only for statements that return rows. */
  async sql<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(text, [...parameters]);
  }

  /** The time of the database's clock, in milliseconds. */
  async now(): Promise<number> {
    const [row] = await this.sql<{ now: Date }>('SELECT now()');
    return row?.now.getTime() ?? NaN;
  }

  /** The stored row, deleted or not. @throws Error if there is none */
  async rowOf(table: string, id: string): Promise<Record<string, unknown>> {
    const [row] = await this.sql<Record<string, unknown>>(`SELECT * FROM ${table} WHERE id = $1`, [id]);
    if (!row) throw new Error(`no row ${id} in ${table}`);
    return row;
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }

  async drop(): Promise<void> {
    await this.close();
    await this.database.drop();
  }
}
