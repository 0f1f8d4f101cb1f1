import { createHmac } from 'node:crypto';
import type { Config } from '../config/config';
import type { EmbeddedPostgres } from '../embedded-postgres/embedded-postgres';
import { makeRuntimeRole } from '../schema/migrate';

/** `WAVEFORM_MAX_BYTES` unless it is set: the cluster is on the disk of a developer's machine. */
const WAVEFORM_MAX_BYTES = 5_000_000_000;
const ROLE = 'gateway_hub_service';

/**
 * The configuration with the embedded database. As in production, migrations connect as the owner, here the only user of the cluster, and
 * everything else as a role that only reads and writes rows.
 */
export async function withEmbeddedDatabase(config: Config, { url }: Pick<EmbeddedPostgres, 'url'>): Promise<Config> {
  const service = new URL(url);
  // Every process that uses the cluster must come to the same password.
  service.password = createHmac('sha256', service.password).update(ROLE).digest('base64url');
  service.username = ROLE;
  const result = config.with({
    DATABASE_URL: service.href,
    DATABASE_MIGRATION_URL: url,
    WAVEFORM_MAX_BYTES: config.env.WAVEFORM_MAX_BYTES ?? WAVEFORM_MAX_BYTES,
  });
  await makeRuntimeRole(result);
  return result;
}
