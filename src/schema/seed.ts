import type { DataSource, EntityManager, EntityTarget, QueryDeepPartialEntity } from 'typeorm';
import type { Actor } from '../common/actor';
import { Secret } from '../crypto/secret';
import type { BaseEntity } from '../database/base.entity';
import { recordCreated } from '../database/sql/record-created';
import { Factory } from '../factories/factory.entity';
import { Gateway, passwordBinding } from '../gateways/gateway.entity';
import { Organization } from '../organizations/organization.entity';

const seedId = (kind: string, number: number) => `5eed0000-0000-4000-8000-0000000${kind}000${number}`;

const organization = { id: seedId('a', 1), name: 'Example Industries' };

const factories = [
  { code: 'SPR', name: 'Springfield', location: 'Hall 3', timezone: 'America/Chicago' },
  { code: 'SVQ', name: 'Sevilla', location: 'Nave 2', timezone: 'Europe/Madrid' },
  { code: 'OSA', name: 'Osaka', location: null, timezone: 'Asia/Tokyo' },
].map((factory, index) => ({ ...factory, id: seedId('b', index + 1), organizationId: organization.id }));

/** Two for each factory, at the addresses on which `npm run simulate -- --count 6` listens. */
const gateways = factories.flatMap((factory, index) =>
  ['north', 'south'].map((side, half) => {
    const number = 2 * index + half + 1;
    const [id, url] = [seedId('c', number), `ws://127.0.0.1:${5000 + number}`];
    return {
      id,
      factoryId: factory.id,
      organizationId: factory.organizationId,
      label: `GW-${factory.code}-00${half + 1}`,
      name: `${factory.name} ${side}`,
      url,
      email: 'ops@example.org',
      password: Secret.of('correct horse').for(passwordBinding(id, url)),
    };
  }),
);

/** The ids of the seeded gateways, in the order of their ports. */
export const SEEDED_GATEWAY_IDS: readonly string[] = gateways.map(({ id }) => id);

/** Inserts one organization, three factories and six gateways. Rows that already exist are not changed. */
export async function seed(actor: Actor, dataSource: DataSource): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await insertMissing(manager, actor, Organization, 'organization', [organization]);
    await insertMissing(manager, actor, Factory, 'factory', factories);
    await insertMissing(manager, actor, Gateway, 'gateway', gateways);
  });
}

async function insertMissing<Row extends BaseEntity>(
  manager: EntityManager,
  actor: Actor,
  entity: EntityTarget<Row>,
  object: 'organization' | 'factory' | 'gateway',
  rows: QueryDeepPartialEntity<Row>[],
): Promise<void> {
  const insert = manager.createQueryBuilder().insert().into(entity).values(rows).orIgnore().returning('id');
  const inserted = (await insert.execute()).raw as { id: string }[];
  const table = { metadata: manager.dataSource.getMetadata(entity), object } as const;
  const organization = object === 'organization' ? 'id' : 'organization_id';
  const ids = inserted.map(({ id }) => id);
  await recordCreated(manager, actor, { ...table, organization }, ids);
}
