/** The product's SQL, written by hand. */

const COLUMNS = `id, factory_id, gateway_id, name, url, email, tls, model, firmware_version, metadata, desired_state, last_seen_at,
  created_at, updated_at`;

export const SELECT_ONE = `SELECT ${COLUMNS} FROM gateways WHERE id = $1 AND deleted_at IS NULL`;

/** A page, and how many there are in all: the rows before the page are passed over in the index, from the nearer end. */
const selectPage = (
  condition: string,
): string => `WITH found AS NOT MATERIALIZED (SELECT id, name FROM gateways WHERE ${condition})
  SELECT ${qualified('g')}, total::int FROM (SELECT count(*) AS total FROM found) counted
  LEFT JOIN gateways g ON g.id = ANY (CASE WHEN $2 <= total / 2
    THEN ARRAY(SELECT id FROM found ORDER BY name, id LIMIT $1 OFFSET $2)
    ELSE ARRAY(SELECT id FROM found ORDER BY name DESC, id DESC
               LIMIT GREATEST(0, LEAST($1, total - $2)) OFFSET GREATEST(0, total - $2 - $1)) END)
  ORDER BY g.name, g.id`;

export const SELECT_PAGE = selectPage('deleted_at IS NULL');
export const SELECT_PAGE_OF_FACTORY = selectPage('deleted_at IS NULL AND factory_id = $3');

/** A foreign key alone would let a soft delete of the factory run beside the insert. */
export const INSERT = `WITH factory AS (SELECT FROM factories WHERE id = $1 AND deleted_at IS NULL FOR SHARE)
  INSERT INTO gateways (factory_id, gateway_id, name, url, email, password_encrypted, tls, model, firmware_version, metadata, desired_state)
  SELECT $1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, COALESCE($10, '{}'::jsonb), COALESCE($11, 'connected') FROM factory
  RETURNING ${COLUMNS}`;

const CONNECTION = ['url', 'email'];

/** Only what changes, each as its column. A new connection begins its login budget anew. */
export function update(columns: readonly string[]): string {
  const set = columns.map((column, index) => `${column} = $${index + 2}`);
  const differences = columns.flatMap((column, index) =>
    CONNECTION.includes(column) ? [`${column} <> $${index + 2}`] : [],
  );
  if (differences.length > 0) {
    const isNew = `(${differences.join(' OR ')})`;
    set.push(`connection_version = connection_version + CASE WHEN ${isNew} THEN 1 ELSE 0 END`);
    set.push(`login_accepted = login_accepted AND NOT ${isNew}`);
    set.push(`login_refusals = CASE WHEN ${isNew} THEN 0 ELSE login_refusals END`);
    set.push(`next_login_at = CASE WHEN ${isNew} THEN NULL ELSE next_login_at END`);
  }
  return `UPDATE gateways SET ${set.join(', ')} WHERE id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`;
}

function qualified(alias: string): string {
  return COLUMNS.split(/,\s*/)
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
