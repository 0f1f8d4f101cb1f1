/** The product's SQL, written by hand. */

const COLUMNS = `id, factory_id, gateway_id, name, url, email, tls, model, firmware_version, metadata, desired_state, last_seen_at,
  created_at, updated_at`;

export const SELECT_ONE = `SELECT ${COLUMNS} FROM gateways WHERE id = $1 AND deleted_at IS NULL`;

export const SELECT_PAGE = `SELECT ${COLUMNS} FROM gateways WHERE deleted_at IS NULL ORDER BY name, id LIMIT $1 OFFSET $2`;
export const COUNT = `SELECT count(*)::int AS total FROM gateways WHERE deleted_at IS NULL`;

export const SELECT_PAGE_OF_FACTORY = `SELECT ${COLUMNS} FROM gateways WHERE deleted_at IS NULL AND factory_id = $3
  ORDER BY name, id LIMIT $1 OFFSET $2`;
export const COUNT_OF_FACTORY = `SELECT count(*)::int AS total FROM gateways WHERE deleted_at IS NULL AND factory_id = $1`;

/** A foreign key alone would let a soft delete of the factory run beside the insert. */
export const LOCK_FACTORY = `SELECT id FROM factories WHERE id = $1 AND deleted_at IS NULL FOR SHARE`;

export const INSERT = `INSERT INTO gateways (factory_id, gateway_id, name, url, email, password_encrypted, tls, model, firmware_version,
    metadata, desired_state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE($10, '{}'::jsonb), COALESCE($11, 'connected')) RETURNING ${COLUMNS}`;

const IS_NEW_CONNECTION = `(url <> COALESCE($4, url) OR email <> COALESCE($5, email))`;

/** One statement is a transaction of its own. */
export const UPDATE = `UPDATE gateways SET gateway_id = COALESCE($2, gateway_id), name = COALESCE($3, name), url = COALESCE($4, url),
    email = COALESCE($5, email), metadata = COALESCE($6, metadata),
    connection_version = connection_version + CASE WHEN ${IS_NEW_CONNECTION} THEN 1 ELSE 0 END,
    login_accepted = login_accepted AND NOT ${IS_NEW_CONNECTION},
    login_refusals = CASE WHEN ${IS_NEW_CONNECTION} THEN 0 ELSE login_refusals END,
    next_login_at = CASE WHEN ${IS_NEW_CONNECTION} THEN NULL ELSE next_login_at END
  WHERE id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`;
