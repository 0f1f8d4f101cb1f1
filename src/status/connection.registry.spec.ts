import { EVERYWHERE } from '../common/actor';
import { aFeed } from '../../test/support/state-changes';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { NAME_SORTS } from '../common/sort';
import { timeOf } from '../common/clock';
import type { PublicGateway } from '../events/domain-events';
import { ConnectionRegistry } from './connection.registry';
import { isOwn } from './connection-record';
import type { WritableRecord } from './connection-record';
import type { ConnectionState } from './connection-state';

const FACTORY = '00000000-0000-4000-8000-0000000000f1';
const ORGANIZATION = '00000000-0000-4000-8000-0000000000a1';
const OTHER_FACTORY = '00000000-0000-4000-8000-0000000000f2';
const everything = { limit: 100, offset: 0 };

let count = 0;

function aGateway(changes: Partial<PublicGateway> = {}): PublicGateway {
  count += 1;
  const id = `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
  return aPublicGateway({
    id,
    factoryId: FACTORY,
    organizationId: ORGANIZATION,
    label: `GW-${count}`,
    name: `Gateway ${count}`,
    ...changes,
  });
}

function aRegistry(...gateways: PublicGateway[]): ConnectionRegistry {
  const registry = new ConnectionRegistry(aFeed());
  for (const gateway of gateways) registry.add(gateway);
  return registry;
}

function namesIn(registry: ConnectionRegistry, query: object = {}): string[] {
  return registry.findAll(EVERYWHERE, { ...everything, ...query }).items.map(({ gateway }) => gateway.name);
}

function setState(registry: ConnectionRegistry, { id }: PublicGateway, state: ConnectionState): void {
  change(registry, recordOf(registry, id), state);
}

function change(registry: ConnectionRegistry, record: WritableRecord, state: ConnectionState): void {
  const from = record.state;
  record.state = state;
  registry.stateChanged(record, from);
}

/** The record of a gateway, as its session has it. */
function recordOf(registry: ConnectionRegistry, id: string): WritableRecord {
  const record = registry.find(EVERYWHERE, id);
  if (!record || !isOwn(record)) throw new Error('no record');
  return record;
}

describe('ConnectionRegistry', () => {
  it('STATUS-04: starts with a record without observations, except the stored last-seen time', () => {
    const lastSeenAt = new Date('2026-02-09T09:58:11.000Z');
    const gateway = aGateway({ lastSeenAt });
    const record = aRegistry(gateway).find(EVERYWHERE, gateway.id);
    expect(record).toMatchObject({ gateway, state: 'disconnected', reason: null, attempt: 0, nextRetryAt: null });
    expect(record).toMatchObject({
      connectedAt: null,
      lastMessageAt: null,
      latencyMs: null,
    });
    expect(timeOf(record?.lastSeenAt ?? 0)).toEqual(lastSeenAt);
    expect(record).toMatchObject({ messagesReceived: 0, messagesSent: 0, reconnects: 0 });
  });

  it('ignores a last-seen time that was stored by a clock a year ahead', () => {
    const gateway = aGateway({ lastSeenAt: new Date(Date.now() + 365 * 86_400_000) });
    expect(aRegistry(gateway).find(EVERYWHERE, gateway.id)).toMatchObject({ lastSeenAt: null });
  });

  it('orders by the bytes of the name, as SQL does, and not by the rules of a language', () => {
    const names = ['b', 'B', 'a', 'é', 'e', 'Z', '😀', '\uffee', '10', '9', 'a b', 'ab'];
    const registry = aRegistry(...names.map((name) => aGateway({ name })));
    // UTF-16 would put the emoji, whose code units are surrogates, before U+FFEE.
    expect(namesIn(registry)).toEqual(['10', '9', 'B', 'Z', 'a', 'a b', 'ab', 'b', 'e', 'é', '\uffee', '😀']);
  });

  it('orders gateways of the same name by their id', () => {
    const first = aGateway({ name: 'same' });
    const second = aGateway({ name: 'same' });
    const { items } = aRegistry(second, first).findAll(EVERYWHERE, everything);
    expect(items.map(({ gateway }) => gateway.id)).toEqual([first.id, second.id]);
  });

  it('orders naturally and without regard to case, in both directions', () => {
    const names = ['GW-10', 'gw-2', 'gw-1', 'Ärger', 'arger', 'Zoo', 'GW-2', 'gw-02'];
    const registry = aRegistry(...names.map((name) => aGateway({ name })));
    const expected = ['arger', 'Ärger', 'gw-1', 'GW-2', 'gw-02', 'gw-2', 'GW-10', 'Zoo'];
    expect(namesIn(registry, { sort: 'name_ci' })).toEqual(expected);
    expect(namesIn(registry, { sort: '-name_ci' })).toEqual([...expected].reverse());
    expect(namesIn(registry, { sort: '-name_ci', limit: 2, offset: 1 })).toEqual(['GW-10', 'gw-2']);
    expect(namesIn(registry, { sort: '-name' })).toEqual(namesIn(registry).reverse());
  });

  it.each(NAME_SORTS)('pages by cursor while gateways are added and deleted: %s', (sort) => {
    const names = ['a', 'A', 'b', 'b', 'b', 'gw-2', 'GW-10', 'é'];
    const gateways = names.map((name) => aGateway({ name }));
    const registry = aRegistry(...gateways);
    const all = registry.findAll(EVERYWHERE, { ...everything, sort });

    const seen: string[] = [];
    let page = registry.findAll(EVERYWHERE, { sort, limit: 2, offset: 0 });
    for (;;) {
      seen.push(...page.items.map(({ gateway }) => gateway.id));
      if (!page.next) break;
      const late = aGateway({ name: sort.startsWith('-') ? '\u{10ffff}' : ' ' });
      registry.add(late); // Sorts before everything seen so far.
      page = registry.findAll(EVERYWHERE, { sort, limit: 2, offset: 0, after: { ...page.next, total: page.total } });
      registry.delete(late.id);
    }

    expect(seen).toEqual(all.items.map(({ gateway }) => gateway.id));
    expect(page.total).toBe(names.length);
  });

  it('returns a page and the total number', () => {
    const registry = aRegistry(...['c', 'a', 'e', 'b', 'd'].map((name) => aGateway({ name })));
    expect(namesIn(registry, { limit: 2, offset: 1 })).toEqual(['b', 'c']);
    expect(registry.findAll(EVERYWHERE, { limit: 2, offset: 4 })).toMatchObject({
      items: [{ gateway: { name: 'e' } }],
      total: 5,
    });
    expect(registry.findAll(EVERYWHERE, { limit: 2, offset: 5 })).toEqual({ items: [], total: 5 });
  });

  it('SEC-09: shows and counts only the gateways within reach', () => {
    const elsewhere = { factoryId: OTHER_FACTORY, organizationId: '00000000-0000-4000-8000-0000000000a2' };
    const [ours, theirs] = [aGateway({ name: 'ours' }), aGateway({ name: 'theirs', ...elsewhere })];
    const registry = aRegistry(ours, theirs);
    setState(registry, theirs, 'connected');
    const reach = { organizationId: ORGANIZATION };

    expect(registry.find(reach, ours.id)).not.toBeNull();
    expect(registry.find(reach, theirs.id)).toBeNull();
    expect(registry.findAll(reach, everything)).toMatchObject({ total: 1, items: [{ gateway: { name: 'ours' } }] });
    expect(registry.findAll(reach, { ...everything, states: ['connected'] })).toMatchObject({ total: 0, items: [] });
    expect(registry.countByState(reach)).toMatchObject({ disconnected: 1, connected: 0 });
    expect(registry.countByState(EVERYWHERE)).toMatchObject({ disconnected: 1, connected: 1 });
  });

  it('searches names and labels, ignoring case, and sees changes of the row', () => {
    const [ours, theirs] = [
      aGateway({ name: 'Hall ÄRGER', label: 'N-1' }),
      aGateway({ name: 'Hall 2', label: 'gw-X' }),
    ];
    const registry = aRegistry(ours, theirs);
    expect(namesIn(registry, { search: 'ärger' })).toEqual([ours.name]);
    expect(namesIn(registry, { search: 'GW-x' })).toEqual([theirs.name]);
    expect(namesIn(registry, { search: 'hall' })).toEqual([theirs.name, ours.name]);
    expect(namesIn(registry, { search: '1hall' })).toEqual([]);
    registry.describe(recordOf(registry, ours.id), { ...ours, label: 'M-7' });
    expect(namesIn(registry, { search: 'n-1' })).toEqual([]);
    expect(namesIn(registry, { search: 'm-7', sort: '-since' })).toEqual([ours.name]);
  });

  it('filters by several states, by codes of reasons, and by organization', () => {
    const gateways = ['a', 'b', 'c', 'd'].map((name) => aGateway({ name }));
    const registry = aRegistry(...gateways, aGateway({ name: 'e', organizationId: OTHER_FACTORY }));
    (['connected', 'reconnecting', 'auth_failed'] as const).forEach((state, index) => {
      const record = recordOf(registry, gateways[index]?.id ?? '');
      const codes = { connected: null, reconnecting: 'connect_refused', auth_failed: 'login_refused' } as const;
      const code = codes[state];
      record.reason = code && { code, step: 'tcp', message: '' };
      change(registry, record, state);
    });
    expect(namesIn(registry, { states: ['reconnecting', 'auth_failed'] })).toEqual(['b', 'c']);
    expect(namesIn(registry, { reasonCodes: ['connect_refused', 'dns_failed'] })).toEqual(['b']);
    expect(namesIn(registry, { states: ['connected'], reasonCodes: ['connect_refused'] })).toEqual([]);
    expect(namesIn(registry, { organizationId: ORGANIZATION, states: ['disconnected'] })).toEqual(['d']);
  });

  describe('sorted by what is observed', () => {
    const states: readonly ConnectionState[] = [
      'auth_failed',
      'connected',
      'disconnected',
      'connected',
      'reconnecting',
    ];
    /** Two equal, and one without a value where that is possible. */
    const values = [30, 10, null, 20, 10] as const;
    let registry: ConnectionRegistry;
    beforeEach(() => {
      const gateways = states.map((_, index) => aGateway({ name: `${index}` }));
      registry = aRegistry(...gateways);
      gateways.forEach(({ id }, index) => {
        const [value = null, state = 'connected'] = [values[index], states[index]];
        const record = Object.assign(recordOf(registry, id), { lastMessageAt: value, latencyMs: value });
        Object.assign(record, { since: value ?? 40, attempt: value ?? 40, reconnects: value ?? 40 });
        change(registry, record, state);
      });
    });

    it.each([
      ['since', '14302', '20341'],
      ['attempt', '14302', '20341'],
      ['reconnects', '14302', '20341'],
      ['last_message_at', '14302', '03412'],
      ['latency_ms', '14302', '03412'],
      ['state', '21340', '04312'],
    ] as const)('%s, then by id; what has no value is last in both directions', (sort, ascending, descending) => {
      expect(namesIn(registry, { sort }).join('')).toBe(ascending);
      expect(namesIn(registry, { sort: `-${sort}` }).join('')).toBe(descending);
      expect(namesIn(registry, { sort, states: ['connected'] }).join('')).toBe('13');
    });

    it.each(['since', '-last_message_at', 'latency_ms', '-state'] as const)(
      'pages by offset and by cursor: %s',
      (sort) => {
        const all = namesIn(registry, { sort });
        expect(namesIn(registry, { sort, limit: 2, offset: 2 })).toEqual(all.slice(2, 4));
        let page = registry.findAll(EVERYWHERE, { sort, limit: 2, offset: 0 });
        const seen = page.items.map(({ gateway }) => gateway.name);
        while (page.next) {
          page = registry.findAll(EVERYWHERE, {
            sort,
            limit: 2,
            offset: 0,
            after: { ...page.next, total: page.total },
          });
          seen.push(...page.items.map(({ gateway }) => gateway.name));
        }
        expect([seen, page.total]).toEqual([all, 5]);
      },
    );
  });

  it('filters by factory and by state, alone and together, before it pages', () => {
    const here = aGateway({ name: 'here' });
    const there = aGateway({ name: 'there', factoryId: OTHER_FACTORY });
    const away = aGateway({ name: 'away', factoryId: OTHER_FACTORY });
    const registry = aRegistry(here, there, away);
    setState(registry, here, 'connected');
    setState(registry, there, 'connected');

    expect(namesIn(registry, { factoryId: OTHER_FACTORY })).toEqual(['away', 'there']);
    expect(namesIn(registry, { states: ['connected'] })).toEqual(['here', 'there']);
    expect(namesIn(registry, { states: ['connected'], factoryId: OTHER_FACTORY })).toEqual(['there']);
    expect(namesIn(registry, { states: ['auth_failed'] })).toEqual([]);
    expect(registry.findAll(EVERYWHERE, { factoryId: OTHER_FACTORY, limit: 1, offset: 1 })).toMatchObject({ total: 2 });
    expect(namesIn(registry, { factoryId: OTHER_FACTORY, limit: 1, offset: 1 })).toEqual(['there']);
  });

  it('keeps its order when gateways are added, renamed and deleted', () => {
    const [a, b] = [aGateway({ name: 'a' }), aGateway({ name: 'b' })];
    const registry = aRegistry(a, b);
    expect(namesIn(registry)).toEqual(['a', 'b']);

    registry.add(aGateway({ name: 'aa' }));
    expect(namesIn(registry)).toEqual(['a', 'aa', 'b']);

    registry.describe(recordOf(registry, a.id), { ...a, name: 'z' });
    expect(namesIn(registry)).toEqual(['aa', 'b', 'z']);

    registry.delete(b.id);
    expect(namesIn(registry)).toEqual(['aa', 'z']);
    expect(registry.find(EVERYWHERE, b.id)).toBeNull();

    for (const { gateway } of registry.findAll(EVERYWHERE, everything).items) registry.delete(gateway.id);
    expect(registry.findAll(EVERYWHERE, everything)).toEqual({ items: [], total: 0 });
  });

  it('applies changes of the row, and keeps what was observed', () => {
    const gateway = aGateway();
    const registry = aRegistry(gateway);
    const record = recordOf(registry, gateway.id);
    record.state = 'connected';
    record.messagesReceived = 7;
    registry.describe(record, { ...gateway, label: 'GW-NEW', factoryId: OTHER_FACTORY });
    expect(namesIn(registry, { factoryId: OTHER_FACTORY })).toEqual([gateway.name]);
    expect(registry.find(EVERYWHERE, gateway.id)).toMatchObject({
      gateway: { label: 'GW-NEW' },
      state: 'connected',
      messagesReceived: 7,
    });
  });

  it('returns records that the compiler treats as read-only: only their sessions may write them', () => {
    const gateway = aGateway({ lastSeenAt: new Date() });
    const registry = aRegistry(gateway);
    setState(registry, gateway, 'connected');
    const lists = [registry.findAll(EVERYWHERE, everything).items, registry.findConnected(), registry.findSeen()];
    const found = [registry.find(EVERYWHERE, gateway.id), ...lists.flat()];
    expect(found).toHaveLength(4);
    for (const record of found) {
      // @ts-expect-error -- read-only
      if (record) record.attempt = 0;
      // @ts-expect-error -- read-only
      if (record?.reason) record.reason.message = '';
    }
  });

  it('counts the gateways in each state, including states without any', () => {
    const gateways = Array.from({ length: 4 }, () => aGateway());
    const registry = aRegistry(...gateways);
    gateways.slice(0, 3).forEach((gateway) => setState(registry, gateway, 'connected'));
    expect(registry.countByState(EVERYWHERE)).toEqual({
      disconnected: 1,
      connecting: 0,
      authenticating: 0,
      connected: 3,
      reconnecting: 0,
      auth_failed: 0,
      unknown: 0,
    });
    expect(registry.findConnected()).toHaveLength(3);
  });

  it('does not count a deleted gateway, even if its session ends later, and counts none twice', () => {
    const [kept, deleted] = [aGateway(), aGateway()];
    const registry = aRegistry(kept, deleted);
    const record = recordOf(registry, deleted.id);
    setState(registry, deleted, 'connected');
    registry.delete(deleted.id);
    change(registry, record, 'disconnected');
    registry.add(kept);
    expect(registry.countByState(EVERYWHERE)).toMatchObject({ disconnected: 1, connected: 0 });

    registry.delete(kept.id);
    expect(registry.countByState(EVERYWHERE)).toMatchObject({ disconnected: 0, connected: 0 });
  });
});
