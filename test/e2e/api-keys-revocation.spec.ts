import { Agent } from 'node:http';
import { KeyListener } from '../../src/api-keys/key-listener';
import { queryOnce } from '../integration/support/catalog';
import { createDatabase } from '../support/database';
import { DatabaseNetwork } from '../support/database-network';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { KeyedService } from '../support/keyed-service';
import type { Made } from '../support/keyed-service';
import { generateKey } from '../../src/common/api-key-format';

/** What SEC-04 allows. */
const WITHIN_MS = 1000;
const ROUNDS = 20;

let count = 0;

const isReady = (service: KeyedService) => eventually(() => service.get('/api/health/ready', null).expect(200));
/** Asks from another address each time: keys that do not work are refused after 20 tries from one. */
const ask = (service: KeyedService, key: string, path = '/api/me') => {
  count += 1;
  const localAddress = `127.1.${Math.floor(count / 200)}.${1 + (count % 200)}`;
  return service.get(path, key).agent(new Agent({ localAddress }));
};
const works = (service: KeyedService, key: string) => eventually(() => ask(service, key).expect(200), WITHIN_MS);
const isRefused = (service: KeyedService, key: string) => eventually(() => ask(service, key).expect(401), WITHIN_MS);

/** Waits until the stream has ended for want of a key. */
async function hasEnded(stream: EventStream): Promise<void> {
  await eventually(() => expect(stream.ending).toBe('complete'), WITHIN_MS);
  expect(stream.events.at(-1)).toEqual({ event: 'end', data: '{"code":"UNAUTHENTICATED"}' });
}

describe('two services on one database', () => {
  let one: KeyedService;
  let other: KeyedService;

  beforeAll(async () => {
    one = await KeyedService.start();
    await isReady(one); // It holds the sessions, and has the stream.
    other = await one.another({ SESSION_LOCK_TIMEOUT_MS: '600000' });
  });
  afterAll(async () => {
    await other.stop();
    await one.close();
  });

  it(`SEC-04: a key that is revoked on one is refused by both, and its streams end, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, secret } = await one.make({ role: 'viewer' });
      await works(other, secret);
      const stream = await EventStream.open(one, '', undefined, secret);
      await other.send('delete', `/api/keys/${id}`).expect(204);
      await ask(other, secret).expect(401); // At once where it was revoked.
      await Promise.all([isRefused(one, secret), hasEnded(stream)]);
    }
  });

  it('SEC-04: the same after the connections that announce changes were cut', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id, secret } = await one.make({ role: 'viewer' });
      await works(other, secret);
      await queryOnce(
        one.database,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'gateway-hub keys' AND datname = current_database()`,
      );
      await other.send('delete', `/api/keys/${id}`).expect(204);
      await isRefused(one, secret);
      await isRefused(other, secret);
    }
  });

  it('SEC-04: a key with other rights works by them on both, and its streams end', async () => {
    const { id, secret } = await one.make({ role: 'operator' });
    const stream = await EventStream.open(one, '', undefined, secret);
    await other
      .send('put', `/api/keys/${id}`)
      .send({ scopes: ['gateways:read'] })
      .expect(200);
    await hasEnded(stream);
    for (const service of [one, other]) {
      await eventually(() => ask(service, secret, '/api/factories').expect(403), WITHIN_MS);
      await ask(service, secret, '/api/gateways').expect(200);
    }
  });

  it('SEC-04: a rotated key is refused by both, and its stream ends', async () => {
    const { id, secret } = await one.make({ role: 'viewer' });
    const stream = await EventStream.open(one, '', undefined, secret);
    const { body } = (await other.send('post', `/api/keys/${id}/rotate`).send({}).expect(201)) as { body: unknown };
    await Promise.all([isRefused(one, secret), isRefused(other, secret), hasEnded(stream)]);
    for (const service of [one, other]) {
      await works(service, (body as Made).secret);
    }
  });

  it('SEC-04: a key that expires is refused by both, and its stream ends', async () => {
    const { secret } = await one.make({
      role: 'viewer',
      expires_at: new Date(Date.now() + 500).toISOString(),
    });
    const stream = await EventStream.open(one, '', undefined, secret);
    await eventually(() => expect(stream.ending).toBe('complete'));
    await hasEnded(stream);
    for (const service of [one, other]) await isRefused(service, secret);
  });

  it('SEC-04: a key of an organization that is deleted is refused by both, and its stream ends', async () => {
    for (let round = 0; round < 5; round += 1) {
      const organization_id = await other.organization();
      const { secret } = await one.make({ role: 'viewer', organization_id });
      await works(other, secret);
      const stream = await EventStream.open(one, '', undefined, secret);
      await other.send('delete', `/api/organizations/${organization_id}`).expect(204);
      await ask(other, secret).expect(401); // At once where it was deleted.
      await Promise.all([isRefused(one, secret), hasEnded(stream)]);
    }
  });

  it('SEC-04: streams of other keys stay', async () => {
    const [kept, revoked] = [await one.make({ role: 'viewer' }), await one.make({ role: 'viewer' })];
    const stream = await EventStream.open(one, '', undefined, kept.secret);
    const ending = await EventStream.open(one, '', undefined, revoked.secret);
    await one.send('delete', `/api/keys/${revoked.id}`).expect(204);
    await hasEnded(ending);
    expect(stream.ending).toBeNull();
    stream.close();
  });
});

describe('a service to which no change is announced', () => {
  let service: KeyedService;
  beforeAll(async () => {
    service = await KeyedService.start();
    service.app.get(KeyListener).onModuleDestroy();
  });
  afterAll(() => service.close());

  it('SEC-04: refuses the keys of an organization that it has deleted itself', async () => {
    const organization_id = await service.organization();
    const keys = [
      await service.make({ role: 'viewer', organization_id }),
      await service.make({ role: 'viewer', organization_id }),
    ];
    const kept = await service.make({ role: 'viewer' });
    for (const { secret } of [...keys, kept]) await ask(service, secret).expect(200);
    await service.send('delete', `/api/organizations/${organization_id}`).expect(204);
    for (const { secret } of keys) await ask(service, secret).expect(401);
    await ask(service, kept.secret).expect(200);
  });
});

describe('a service whose database is away', () => {
  let network: DatabaseNetwork;
  let service: KeyedService;
  let direct: { url: string };

  beforeAll(async () => {
    const database = await createDatabase();
    direct = database;
    network = await DatabaseNetwork.to(database);
    service = await KeyedService.on({ ...database, url: network.url }, generateKey());
  });
  afterAll(async () => {
    await network.restore();
    await service.close();
    await network.close();
  });

  it('SEC-05: serves keys that work and refuses those that expire meanwhile; a change is noticed when it is back', async () => {
    const kept = await service.make({ role: 'viewer' });
    const revoked = await service.make({ role: 'viewer' });
    const expiring = await service.make({
      role: 'viewer',
      expires_at: new Date(Date.now() + 1500).toISOString(),
    });
    await service.get('/api/me', expiring.secret).expect(200);
    await network.cut();
    await eventually(() => service.get('/api/health', kept.secret).expect(503));
    await queryOnce(direct as never, `UPDATE api_keys SET revoked_at = now() WHERE id = '${revoked.id}'`);
    await eventually(() => ask(service, expiring.secret).expect(401));
    await service.get('/api/me', kept.secret).expect(200);
    await service.get('/api/me', revoked.secret).expect(200); // Nobody can tell it.

    await network.restore();
    await eventually(() => ask(service, revoked.secret).expect(401));
    await service.get('/api/me', kept.secret).expect(200);
  });

  it('SEC-04: leaves no connection of the listener when it stops', async () => {
    const listeners = () =>
      queryOnce(
        direct as never,
        `SELECT FROM pg_stat_activity WHERE application_name = 'gateway-hub keys'
        AND datname = current_database()`,
      );
    await eventually(async () => expect(await listeners()).toHaveLength(1));
    service.app.get(KeyListener).onModuleDestroy();
    await eventually(async () => expect(await listeners()).toHaveLength(0));
  });
});
