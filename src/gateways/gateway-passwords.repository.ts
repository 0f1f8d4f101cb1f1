import type { DataSource, EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { CredentialsUnreadableError } from '../crypto/credential-cipher';
import type { CredentialCipher } from '../crypto/credential-cipher';
import { PASSWORD_PURPOSE, passwordBinding } from './gateway.entity';

const ROWS_PER_BATCH = 200;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

interface SealedRow {
  id: string;
  url: string;
  password_encrypted: string;
}

/** Result of sealing all passwords with the current key. */
export interface Rotation {
  resealed: number;
  /** Ids of gateways whose password cannot be opened with any configured key, or was sealed for another row or origin. */
  unreadable: string[];
}

/**
 * Seals every password that was sealed with another key, or in the form of an earlier version, again: with the current key, and bound to
 * its row and origin. Works in batches. Includes deleted rows, whose passwords are still secrets. `connection_version` does not change, so no session reconnects; nor does `updated_at`.
 */
export async function resealPasswords(
  _actor: Actor,
  dataSource: DataSource,
  cipher: CredentialCipher,
): Promise<Rotation> {
  const rotation: Rotation = { resealed: 0, unreadable: [] };
  for (let after: string | null = BEFORE_ALL; after !== null;) {
    const last: string = after;
    after = await dataSource.transaction((manager) => resealBatch(manager, cipher, last, rotation));
  }
  return rotation;
}

/** @returns the last id of the batch, or null if no rows are left */
async function resealBatch(
  manager: EntityManager,
  cipher: CredentialCipher,
  after: string,
  rotation: Rotation,
): Promise<string | null> {
  const rows = await manager.query<SealedRow[]>(
    `SELECT id, url, password_encrypted FROM gateways
     WHERE id > $1 AND NOT starts_with(password_encrypted, $2) ORDER BY id LIMIT $3 FOR NO KEY UPDATE`,
    [after, cipher.sealedPrefix, ROWS_PER_BATCH],
  );
  const resealed = rows.flatMap((row) => reseal(row, cipher, rotation));
  await manager.query(
    `UPDATE gateways SET password_encrypted = new.sealed
     FROM unnest($1::uuid[], $2::text[]) AS new (id, sealed) WHERE gateways.id = new.id`,
    [resealed.map(({ id }) => id), resealed.map(({ sealed }) => sealed)],
  );
  rotation.resealed += resealed.length;
  return rows.at(-1)?.id ?? null;
}

function reseal(row: SealedRow, cipher: CredentialCipher, rotation: Rotation): { id: string; sealed: string }[] {
  try {
    const binding = passwordBinding(row.id, row.url);
    const plaintext = cipher.open(row.password_encrypted, PASSWORD_PURPOSE, binding);
    return [{ id: row.id, sealed: cipher.seal(plaintext, PASSWORD_PURPOSE, binding) }];
  } catch (error) {
    if (!(error instanceof CredentialsUnreadableError)) throw error;
    rotation.unreadable.push(row.id);
    return [];
  }
}
