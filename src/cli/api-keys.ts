import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { ApiKey } from '../api-keys/api-key.entity';
import type { ApiKeyRow } from '../api-keys/api-key.entity';
import { ApiKeysRepository } from '../api-keys/api-keys.repository';
import type { NewKey } from '../api-keys/api-keys.repository';
import { isRole, ROLES, scopesOf } from '../api-keys/roles';
import { stateOf } from '../api-keys/key-state';
import { commandActor, EVERYWHERE, isScope } from '../common/actor';
import { generateKey, prefixOf } from '../common/api-key-format';
import { loadConfig } from '../config/config';
import type { Config } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { withDataSource } from '../schema/data-source';
import { migrate } from '../schema/migrate';
import { print, printProblem, runCommand, UsageError } from './run-command';
import { withDatabaseUrl } from './with-database-url';

const USAGE = `API keys, without the service.

  npm run --silent api-keys:create -- --name NAME --role ROLE [options]
                                          stores a new key, and prints it; it cannot be printed again
  npm run --silent api-keys:list          keys, without their secrets
  npm run --silent api-keys:revoke -- PREFIX
                                          ends the key that begins with PREFIX, such as gwh_7dK2mQ9x
  npm run --silent api-keys:new           prints a key for BOOTSTRAP_API_KEY, without storing it

  --role ${ROLES.join(' | ')}
  --organization ID   a key of one organization; otherwise it sees all of them
  --scope SCOPE       only this scope of the role; may be repeated
  --days DAYS         how long the key works; otherwise for ever, or for API_KEY_MAX_DAYS`;

const MS_PER_DAY = 86_400_000;
const PAGE = 100;

runCommand(async () => {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const [command, prefix] = positionals;
  if (values.help) print(USAGE);
  else if (command === 'new') print(generateKey());
  else if (command === 'create') await withKeys((keys, config) => create(keys, config, values));
  else if (command === 'list') await withKeys(list);
  else if (command === 'revoke' && prefix !== undefined) await withKeys((keys) => revoke(keys, prefix));
  else throw new UsageError(USAGE);
  return 0;
});

function readArguments(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ name: text, role: text, organization: text, days: text },
        scope: { type: 'string', multiple: true },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'Unknown option'}\n\n${USAGE}`);
  }
}

function withKeys(work: (keys: ApiKeysRepository, config: Config) => Promise<void>): Promise<void> {
  return withDatabaseUrl(loadConfig(), async (config) => {
    await migrate(config);
    await withDataSource(config, createCipher(config, printProblem), (dataSource) =>
      work(new ApiKeysRepository(dataSource.getRepository(ApiKey)), config),
    );
  });
}

interface CreateOptions {
  readonly name?: string;
  readonly role?: string;
  readonly organization?: string;
  readonly days?: string;
  readonly scope?: string[];
}

async function create(keys: ApiKeysRepository, config: Config, options: CreateOptions): Promise<void> {
  const actor = commandActor('api-keys:create');
  const draft = toNewKey(options, config.env.API_KEY_MAX_DAYS);
  const secret = generateKey();
  const row = await keys.create(actor, draft, secret);
  if (!row) throw new UsageError(`There is no organization ${options.organization ?? ''}`);
  printProblem(`Created key ${row.id}. It is shown only now:`);
  print(secret);
}

/** @throws UsageError */
function toNewKey({ name = '', role = '', organization, days, scope }: CreateOptions, maxDays?: number): NewKey {
  if (name.trim() === '' || name.length > 255) throw new UsageError('--name is required, with at most 255 characters');
  if (!isRole(role)) throw new UsageError(`--role must be one of ${ROLES.join(', ')}`);
  if (organization !== undefined && !UUID.test(organization)) throw new UsageError('--organization must be a UUID');
  const organizationId = organization ?? null;
  const ofRole: readonly string[] = scopesOf(role, organizationId);
  const foreign = scope?.find((each) => !ofRole.includes(each));
  if (foreign !== undefined) throw new UsageError(`The role has no scope ${foreign}; it has: ${ofRole.join(', ')}`);
  const scopes = scope?.filter(isScope) ?? null;
  return { name: name.trim(), role, organizationId, scopes, expiresAt: toExpiry(days, maxDays) };
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function toExpiry(text: string | undefined, maxDays: number | undefined): Date | null {
  if (text === undefined) return maxDays === undefined ? null : inDays(maxDays);
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days < 1) throw new UsageError('--days must be a whole number of days');
  if (maxDays !== undefined && days > maxDays)
    throw new UsageError(`--days must be at most ${maxDays} (API_KEY_MAX_DAYS)`);
  return inDays(days);
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * MS_PER_DAY);
}

async function list(keys: ApiKeysRepository): Promise<void> {
  print(['prefix', 'state', 'role', 'organization', 'expires', 'last used', 'name'].join('\t'));
  for (let offset = 0; ; offset += PAGE) {
    const { items, total } = await keys.findAll(EVERYWHERE, { limit: PAGE, offset });
    for (const row of items) print(toLine(row));
    if (offset + PAGE >= total) return;
  }
}

function toLine(row: ApiKeyRow): string {
  const { prefix, role, organizationId, expiresAt, lastUsedAt, name } = row;
  const times = [expiresAt, lastUsedAt].map((time) => time?.toISOString() ?? '-');
  return [prefix, stateOf(row), role, organizationId ?? '-', ...times, printable(name)].join('\t');
}

/** Escapes control characters in a name: another user chose it, and it must not add lines or control the terminal. */
function printable(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

async function revoke(keys: ApiKeysRepository, prefix: string): Promise<void> {
  const row = await keys.findByPrefix(prefixOf(prefix));
  if (!row) throw new UsageError(`There is no key ${prefixOf(prefix)}`);
  const isRevoked = await keys.revokeAny(commandActor('api-keys:revoke'), row.id);
  const shown = `${row.prefix} (${printable(row.name)})`;
  print(isRevoked ? `Revoked ${shown}.` : `${shown} was revoked already.`);
}
