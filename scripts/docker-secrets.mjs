// Makes the files in `secrets` that docker-compose.service.yml and docker-compose.cluster.yml read: new passwords, tokens and
// an encryption key. In a folder of an earlier version, it adds those that version did not have.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';

const FOLDER = 'secrets';
/** The user of the image. */
const IMAGE_USER = '1000:1000';

const [ownerPassword, servicePassword] = [0, 1].map(() => randomBytes(24).toString('base64url'));
const urlOf = (user, password) => `postgres://${user}:${password}@postgres:5432/gateway_hub`;
/** They belong together, and to the volume of the database. */
const first = {
  postgres_password: ownerPassword,
  database_migration_url: urlOf('gateway_hub_owner', ownerPassword),
  database_url: urlOf('gateway_hub', servicePassword),
  encryption_key: randomBytes(32).toString('base64'),
  encryption_previous_keys: '',
};
const added = {
  metrics_token: randomBytes(32).toString('hex'),
  grafana_password: randomBytes(24).toString('base64url'),
  nats_token: randomBytes(32).toString('hex'),
};

const isNew = !existsSync(FOLDER);
const missing = Object.entries({ ...(isNew && first), ...added }).filter(([name]) => !existsSync(join(FOLDER, name)));
if (missing.length === 0) {
  console.error(`The folder ${FOLDER} exists already; nothing was changed.`);
  process.exit(1);
}
mkdirSync(FOLDER, { mode: 0o700, recursive: true });
for (const [name, text] of missing) writeFileSync(join(FOLDER, name), `${text}\n`, { mode: 0o600, flag: 'wx' });

console.log(`Made ${missing.length} files in ${FOLDER}: ${missing.map(([name]) => name).join(', ')}.`);
if (isNew) {
  console.log(
    `Keep a copy of ${FOLDER}/encryption_key elsewhere: without it, the stored passwords of the gateways cannot be read.`,
  );
}
const { uid, gid } = userInfo();
if (`${uid}:${gid}` !== IMAGE_USER) console.log(`The service must run as your user: set SERVICE_USER=${uid}:${gid}`);
