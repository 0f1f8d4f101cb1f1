import fc from 'fast-check';
import { aFeed } from '../../test/support/state-changes';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { EVERYWHERE } from '../common/actor';
import { groupBy } from '../common/group-by';
import type { PublicGateway } from '../events/domain-events';
import { ConnectionRegistry } from './connection.registry';
import type { WritableRecord } from './connection-record';
import { CONNECTION_STATES } from './connection-state';
import type { FactoryTally } from './fleet-tallies';

const GATEWAYS = 6;
const FACTORIES = ['f0', 'f1', 'f2'];
/** A gateway keeps its organization for life: f2 belongs to another one. */
const organizationOf = (factoryId: string) => (factoryId === 'f2' ? 'o1' : 'o0');

const change = fc.record({
  gateway: fc.nat({ max: GATEWAYS - 1 }),
  what: fc.constantFrom('add', 'add', 'state', 'state', 'wish', 'move', 'delete'),
  state: fc.constantFrom(...CONNECTION_STATES),
  factory: fc.nat({ max: 1 }),
});

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** A registry, and the same gateways as a plain list, which is counted anew each time. */
class Model {
  readonly registry = new ConnectionRegistry(aFeed());
  readonly records = new Map<number, WritableRecord>();

  apply({ gateway: number, what, state, factory }: Change): void {
    const record = this.records.get(number);
    if (what === 'add') this.add(number);
    else if (!record) return;
    else if (what === 'state') {
      const from = record.state;
      record.state = state;
      this.registry.stateChanged(record, from);
    } else if (what === 'delete') {
      this.registry.delete(record.gateway.id);
      this.records.delete(number);
    } else this.registry.describe(record, { ...record.gateway, ...this.changeOf(record.gateway, what, factory) });
  }

  private add(number: number): void {
    const factoryId = FACTORIES[number % FACTORIES.length] ?? '';
    const organizationId = organizationOf(factoryId);
    const gateway = aPublicGateway({ id: `g${number}`, factoryId, organizationId, desiredState: 'connected' });
    this.records.set(number, this.registry.add(gateway));
  }

  private changeOf({ desiredState, factoryId }: PublicGateway, what: string, factory: number): Partial<PublicGateway> {
    if (what === 'wish') return { desiredState: desiredState === 'connected' ? 'disconnected' : 'connected' };
    return factoryId === 'f2' ? {} : { factoryId: FACTORIES[factory] ?? factoryId };
  }
}

/** The counts of a factory that matter, as plain values. */
const shown = ({ total, wanted, byState, inTrouble }: FactoryTally) => ({
  total,
  wanted,
  connected: byState.connected,
  states: Object.values(byState).reduce((sum, count) => sum + count, 0),
  inTrouble: [...inTrouble].map(({ gateway }) => gateway.id).sort(),
});

function counted(records: WritableRecord[]) {
  const wanted = records.filter(({ gateway }) => gateway.desiredState === 'connected');
  return {
    total: records.length,
    wanted: wanted.length,
    connected: records.filter(({ state }) => state === 'connected').length,
    states: records.length,
    inTrouble: idsOfLost(wanted),
  };
}

const idsOfLost = (wanted: WritableRecord[]) =>
  wanted.flatMap(({ gateway, state }) => (state === 'connected' ? [] : [gateway.id])).sort();

describe('the tallies of the registry', () => {
  it('STATUS-03: are those of a count of all gateways, after any changes', () => {
    const holds = fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const model = new Model();
      for (const each of changes) {
        model.apply(each);
        const tallies = model.registry.tally(EVERYWHERE, {});
        const factories = groupBy([...model.records.values()], ({ gateway }) => gateway.factoryId);
        expect(tallies.map(({ factoryId }) => factoryId).sort()).toEqual([...factories.keys()].sort());
        for (const tally of tallies) expect(shown(tally)).toEqual(counted(factories.get(tally.factoryId) ?? []));
      }
    });
    fc.assert(holds, { seed: 7, numRuns: 200 });
  });

  it('SEC-09: are only those within reach, and of the filter', () => {
    const { registry } = new Model();
    for (const [n, factoryId] of FACTORIES.entries()) {
      registry.add(aPublicGateway({ id: `g${n}`, factoryId, organizationId: organizationOf(factoryId) }));
    }
    const idsOf = (reach: { organizationId: string | null }, filter = {}) =>
      registry.tally(reach, filter).map(({ factoryId }: FactoryTally) => factoryId);
    expect(idsOf({ organizationId: 'o0' })).toEqual(['f0', 'f1']);
    expect(idsOf({ organizationId: 'o0' }, { factoryId: 'f2' })).toEqual([]);
    expect(idsOf({ organizationId: 'o0' }, { organizationId: 'o1' })).toEqual([]);
    expect(idsOf(EVERYWHERE, { organizationId: 'o1' })).toEqual(['f2']);
    expect(idsOf(EVERYWHERE, { factoryId: 'f1' })).toEqual(['f1']);
    expect(idsOf(EVERYWHERE, { factoryId: 'nothing' })).toEqual([]);
  });
});
