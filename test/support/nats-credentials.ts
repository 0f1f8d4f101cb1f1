import { nkeys } from '@nats-io/transport-node';
import type { KeyPair } from '@nats-io/nkeys';

const unlimited = (...names: string[]) => Object.fromEntries(names.map((name) => [name, -1]));
const ACCOUNT_LIMITS = {
  ...unlimited('subs', 'data', 'payload', 'imports', 'exports', 'conn', 'leaf'),
  wildcards: true,
};
/** Without them an account has no JetStream; that of the system must not have it. */
const JETSTREAM_LIMITS = unlimited('mem_storage', 'disk_storage', 'streams', 'consumer');

/** A key, with its public part at hand: computing that takes long. */
interface Named {
  readonly pair: KeyPair;
  readonly id: string;
}

/**
 * An operator with one account and one user: what the server must know, the credentials file of the user, and one with the key of somebody
 * else.
 */
export function natsCredentials(): { settings: string; credentials: string; forged: string } {
  const [operator, system, account, user] = [
    named(nkeys.createOperator()),
    named(nkeys.createAccount()),
    named(nkeys.createAccount()),
    named(nkeys.createUser()),
  ];
  const ofAccount = (of: Named, limits: object) => tokenOf(operator, of, { type: 'account', limits });
  const settings = [
    `operator: ${tokenOf(operator, operator, { type: 'operator', system_account: system.id })}`,
    `system_account: ${system.id}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    `  ${system.id}: ${ofAccount(system, ACCOUNT_LIMITS)}`,
    `  ${account.id}: ${ofAccount(account, { ...ACCOUNT_LIMITS, ...JETSTREAM_LIMITS })}`,
    '}',
  ].join('\n');
  const token = tokenOf(account, user, { type: 'user', subs: -1, data: -1, payload: -1 });
  return { settings, credentials: fileOf(token, user.pair), forged: fileOf(token, nkeys.createUser()) };
}

function named(pair: KeyPair): Named {
  return { pair, id: pair.getPublicKey() };
}

function fileOf(token: string, pair: KeyPair): string {
  const seed = new TextDecoder().decode(pair.getSeed());
  return (
    `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n` +
    `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
  );
}

/** A JWT as NATS signs them: with an nkey. */
function tokenOf(issuer: Named, subject: Named, claims: object): string {
  const body = {
    ...{ jti: subject.id, iat: Math.floor(Date.now() / 1000), iss: issuer.id, name: subject.id, sub: subject.id },
    nats: { ...claims, version: 2 },
  };
  const text = [{ typ: 'JWT', alg: 'ed25519-nkey' }, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${Buffer.from(issuer.pair.sign(new TextEncoder().encode(text))).toString('base64url')}`;
}
