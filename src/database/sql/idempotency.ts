import type { EntityManager, ObjectLiteral } from 'typeorm';
import type { Actor } from '../../common/actor';
import { ConflictError } from '../../common/domain-error';
import { IdempotencyKeyReusedError } from '../../common/idempotency';
import type { Created, Once } from '../../common/idempotency';
import { isUniqueViolation } from '../violations';
import type { Parameters } from './parameters';

/** How long a key is kept. */
export const KEEP_HOURS = 24;

const IS_KEPT = `created_at > now() - interval '${KEEP_HOURS} hours'`;

/** SQL: stores the key with the row that was created. @param cte that returns the row under the names of its properties */
export function keepSql(actor: Actor, { key, fingerprint }: Once, cte: string, parameters: Parameters): string {
  const values = [
    ...[parameters.add(actor.id, 'text'), parameters.add(key, 'varchar'), parameters.add(fingerprint, 'bytea')],
    `to_jsonb(${cte})`,
  ];
  return `INSERT INTO idempotency_keys (actor_id, key, fingerprint, created) SELECT ${values.join(', ')} FROM ${cte}`;
}

/**
 * SQL: deletes some keys that have expired. Each create with a key deletes more than it adds, so there is nothing to schedule, and the
 * table holds about a day of keys.
 */
export const DELETE_EXPIRED_SQL = `DELETE FROM idempotency_keys WHERE (actor_id, key) IN (
  SELECT actor_id, key FROM idempotency_keys WHERE NOT ${IS_KEPT} ORDER BY created_at LIMIT 3 FOR UPDATE SKIP LOCKED)`;

/**
 * Creates a row, unless a request with the same key has created it before. The key is stored by the statement that creates the row, so
 * that of two requests at the same time one waits for the other, fails on its key, and gets the row of the other.
 * @param revive turns the stored JSON of a row into a row
 * @param create runs the statement
 * @throws IdempotencyKeyReusedError if the key was used for another request
 */
export async function createOnce<Row>(
  manager: EntityManager,
  revive: (json: ObjectLiteral) => Row,
  actor: Actor,
  once: Once | undefined,
  create: () => Promise<Row>,
): Promise<Created<Row>> {
  if (!once) return { row: await create(), isReplay: false };
  // Looked up first: the row that the first request created may make the second one invalid.
  const earlier = await findCreated(manager, revive, actor, once);
  if (earlier) return earlier;
  try {
    return { row: await create(), isReplay: false };
  } catch (error) {
    // The row of a request with the same key, at the same time, may be what this one conflicts with.
    const isConflict = isUniqueViolation(error) || error instanceof ConflictError;
    const meanwhile = isConflict ? await findCreated(manager, revive, actor, once) : null;
    if (meanwhile) return meanwhile;
    throw error;
  }
}

/** Deletes an expired key, so that it can be used again. */
async function findCreated<Row>(
  manager: EntityManager,
  revive: (json: ObjectLiteral) => Row,
  actor: Actor,
  { key, fingerprint }: Once,
): Promise<Created<Row> | null> {
  const [found] = await manager.query<{ fingerprint: Buffer; created: ObjectLiteral; isKept: boolean }[]>(
    `SELECT fingerprint, created, ${IS_KEPT} AS "isKept" FROM idempotency_keys WHERE actor_id = $1 AND key = $2`,
    [actor.id, key],
  );
  if (!found) return null;
  if (!found.isKept) {
    await manager.query(`DELETE FROM idempotency_keys WHERE actor_id = $1 AND key = $2 AND NOT ${IS_KEPT}`, [
      actor.id,
      key,
    ]);
    return null;
  }
  if (!found.fingerprint.equals(fingerprint)) throw new IdempotencyKeyReusedError();
  return { row: revive(found.created), isReplay: true };
}
