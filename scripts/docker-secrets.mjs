// Makes the files in `secrets` that docker-compose.service.yml reads: new passwords, and a new encryption key.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';

const FOLDER = 'secrets';
/** The user of the image. */
const IMAGE_USER = '1000:1000';

const [ownerPassword, servicePassword] = [0, 1].map(() => randomBytes(24).toString('base64url'));
const urlOf = (user, password) => `postgres://${user}:${password}@postgres:5432/gateway_hub`;
const secrets = {
  postgres_password: ownerPassword,
  database_migration_url: urlOf('gateway_hub_owner', ownerPassword),
  database_url: urlOf('gateway_hub', servicePassword),
  encryption_key: randomBytes(32).toString('base64'),
  encryption_previous_keys: '',
};

try {
  mkdirSync(FOLDER, { mode: 0o700 });
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
  console.error(`The folder ${FOLDER} exists already; nothing was changed.`);
  process.exit(1);
}
for (const [name, text] of Object.entries(secrets)) writeFileSync(join(FOLDER, name), `${text}\n`, { mode: 0o600 });

console.log(
  `Made ${Object.keys(secrets).length} files in ${FOLDER}. Keep a copy of ${FOLDER}/encryption_key elsewhere:`,
);
console.log('without it, the stored passwords of the gateways cannot be read.');
const { uid, gid } = userInfo();
if (`${uid}:${gid}` !== IMAGE_USER) console.log(`The service must run as your user: set SERVICE_USER=${uid}:${gid}`);
