import { createCipheriv, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createEmptyDatabase } from './database';
import type { TestDatabase } from './database';

const id = (kind: string, number: number) => `0ea70000-0000-4000-8000-00000000${kind}00${number}`;

/** Ids of the rows of `createEarlierDatabase`, by purpose. */
export const EARLIER = {
  organization: id('a', 1),
  factory: id('b', 1),
  deletedFactory: id('b', 2),
  emptyFactory: id('b', 3),
  gateway: id('c', 1),
  neighbour: id('c', 2),
  deletedGateway: id('c', 3),
  /** Not deleted, in the deleted factory: v1.0 deleted only the factory. */
  orphan: id('c', 4),
};

/** The passwords of the gateways. */
export const EARLIER_PASSWORDS: Record<string, string> = {
  [EARLIER.gateway]: 'correct horse',
  [EARLIER.neighbour]: ' påssword 密 ',
  [EARLIER.deletedGateway]: 'of a deleted gateway',
  [EARLIER.orphan]: 'of an orphan',
};

const common = `
  metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz`;

const SCHEMA = `
  CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
  INSERT INTO pgmigrations (name, run_on) VALUES ('1707345600001_create-organizations', now());
  CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
  CREATE TABLE organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(255) NOT NULL, ${common});
  CREATE TABLE factories (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name varchar(255) NOT NULL, location varchar(500), timezone varchar(100) NOT NULL DEFAULT 'UTC', ${common});
  CREATE TABLE gateways (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    factory_id uuid NOT NULL REFERENCES factories (id) ON DELETE CASCADE,
    gateway_id varchar(255) NOT NULL, name varchar(255) NOT NULL, url varchar(500) NOT NULL,
    email varchar(255) NOT NULL, password_encrypted text NOT NULL, model varchar(100), firmware_version varchar(50),
    last_seen_at timestamptz, ${common});
  CREATE INDEX organizations_name_idx ON organizations (name);
  CREATE INDEX factories_organization_id_idx ON factories (organization_id);
  CREATE INDEX gateways_factory_id_idx ON gateways (factory_id);
  CREATE UNIQUE INDEX gateways_gateway_id_unique_idx ON gateways (gateway_id) WHERE deleted_at IS NULL;
  CREATE INDEX gateways_last_seen_at_idx ON gateways (last_seen_at);
  CREATE TRIGGER update_organizations_updated_at BEFORE UPDATE ON organizations
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
  CREATE TRIGGER update_factories_updated_at BEFORE UPDATE ON factories
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
  CREATE TRIGGER update_gateways_updated_at BEFORE UPDATE ON gateways
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();`;

const ROWS = `
  INSERT INTO organizations (id, name, metadata, created_at, updated_at) VALUES
    ('${EARLIER.organization}', 'Acme', '{"founded": 1995}', '2025-01-01T00:00:00.000001Z', '2025-02-01T00:00:00.000002Z');
  INSERT INTO factories (id, organization_id, name, location, timezone, metadata, updated_at, deleted_at) VALUES
    ('${EARLIER.factory}', '${EARLIER.organization}', 'Springfield', 'Hall 3', 'America/Chicago', '{"shifts": [1, 2]}', DEFAULT, NULL),
    ('${EARLIER.deletedFactory}', '${EARLIER.organization}', 'Austin', NULL, 'UTC', '{}', DEFAULT, '2025-03-01T00:00:00.000003Z'),
    ('${EARLIER.emptyFactory}', '${EARLIER.organization}', 'Detroit', NULL, 'America/Detroit', '{}', '2025-02-02T00:00:00Z', NULL);`;

/** A password in the format of v1.0. */
export function sealEarlier(password: string, key: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const encrypted = cipher.update(password, 'utf8', 'base64') + cipher.final('base64');
  return JSON.stringify({ encrypted, iv: iv.toString('base64'), authTag: cipher.getAuthTag().toString('base64') });
}

/** A database as v1.0 left it, with deleted and undeleted rows. @param url of the first gateway */
export async function createEarlierDatabase(key: Buffer, url = 'ws://192.168.1.100:5000'): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  const sealed = (gateway: string) => sealEarlier(EARLIER_PASSWORDS[gateway] ?? '', key);
  await withClient(database, async (client) => {
    await client.query(SCHEMA + ROWS);
    await client.query(
      `INSERT INTO gateways (id, factory_id, gateway_id, name, url, email, password_encrypted, model, firmware_version,
         last_seen_at, metadata, created_at, updated_at, deleted_at)
       VALUES
         ($1, $5, 'GW-SPR-001', 'North wing', $11, 'ops@example.org', $7, 'CTC-GW-100', 'v2.1.0',
           '2025-04-01T00:00:00.000004Z', '{"floor": 1}', '2025-01-02T00:00:00.123456Z', '2025-02-03T00:00:00.654321Z', NULL),
         ($2, $5, 'GW-SPR-002', 'South wing', 'ws://192.168.1.101:5000', 'ops@example.org', $8, NULL, NULL,
           NULL, '{}', DEFAULT, DEFAULT, NULL),
         ($3, $5, 'GW-SPR-001', 'Replaced', 'http://192.168.1.100', 'ops@example.org', $9, NULL, NULL,
           NULL, '{}', DEFAULT, DEFAULT, '2025-03-02T00:00:00.000005Z'),
         ($4, $6, 'GW-AUS-001', 'Lab', 'ws://192.168.3.100:5000', 'ops@example.org', $10, NULL, NULL,
           NULL, '{}', DEFAULT, DEFAULT, NULL)`,
      [
        ...[EARLIER.gateway, EARLIER.neighbour, EARLIER.deletedGateway, EARLIER.orphan],
        ...[EARLIER.factory, EARLIER.deletedFactory],
        ...[EARLIER.gateway, EARLIER.neighbour, EARLIER.deletedGateway, EARLIER.orphan].map(sealed),
        url,
      ],
    );
  });
  return database;
}

async function withClient({ url }: TestDatabase, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
