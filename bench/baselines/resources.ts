import type { Resource } from './resource-sql';
import { factory, gateway, organization } from './schemas';
import { seal } from './seal';

const columnsOf = ({ properties }: { properties: object }): string => Object.keys(properties).join(', ');

export const organizations: Resource = {
  table: 'organizations',
  schema: organization,
  columns: columnsOf(organization),
  filters: [],
  searched: ['name'],
  changeable: ['name', 'metadata'],
  insert: `INSERT INTO organizations (name, metadata) VALUES ($1, COALESCE($2, '{}'::jsonb))
    RETURNING ${columnsOf(organization)}`,
  values: ({ name, metadata }) => [name, metadata],
};

/** The insert locks its parent, which must not be deleted, FOR SHARE: the foreign key alone permits a concurrent soft delete. */
export const factories: Resource = {
  table: 'factories',
  schema: factory,
  columns: columnsOf(factory),
  filters: ['organization_id'],
  searched: ['name'],
  changeable: ['name', 'location', 'timezone', 'metadata'],
  insert: `INSERT INTO factories (organization_id, name, location, timezone, metadata)
    SELECT id, $2, $3, COALESCE($4, 'UTC'), COALESCE($5, '{}'::jsonb)
    FROM organizations WHERE id = $1 AND deleted_at IS NULL FOR SHARE
    RETURNING ${columnsOf(factory)}`,
  values: ({ organization_id, name, location, timezone, metadata }) => [
    organization_id,
    name,
    location,
    timezone,
    metadata,
  ],
};

/**
 * Refuses a second gateway with this URL and e-mail in the organization, but does not detect two that are created concurrently.
 * @param key 32 bytes, to encrypt passwords
 */
export const gatewaysSealedWith = (key: Buffer): Resource => ({
  table: 'gateways',
  schema: gateway,
  columns: columnsOf(gateway),
  filters: ['factory_id'],
  searched: ['name', 'gateway_id'],
  changeable: ['gateway_id', 'name', 'model', 'firmware_version', 'clock_zone', 'metadata'],
  insert: `INSERT INTO gateways (factory_id, organization_id, gateway_id, name, url, email, password_encrypted, tls, model,
      firmware_version, clock_zone, metadata, desired_state)
    SELECT id, organization_id, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, COALESCE($11, '{}'::jsonb), COALESCE($12, 'connected')
    FROM factories AS parent WHERE id = $1 AND deleted_at IS NULL AND NOT EXISTS (
      SELECT FROM gateways
      WHERE deleted_at IS NULL AND url = $4::varchar AND lower(email) = lower($5::varchar)
        AND organization_id = parent.organization_id)
    FOR SHARE
    RETURNING ${columnsOf(gateway)}, organization_id`,
  values: ({ factory_id, gateway_id, name, url, email, password, tls, ...optional }) => {
    const { model, firmware_version, clock_zone, metadata, desired_state } = optional;
    const sealed = seal(String(password), key);
    const settings = [model, firmware_version, clock_zone, metadata, desired_state];
    return [factory_id, gateway_id, name, url, email, sealed, tls, ...settings];
  },
});
