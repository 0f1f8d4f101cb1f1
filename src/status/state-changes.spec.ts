import { aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { aFeed } from '../../test/support/state-changes';
import { ConnectionRegistry } from './connection.registry';
import type { WritableRecord } from './connection-record';
import type { StateChange } from './state-change';

const reason = { code: 'connect_refused', step: 'tcp', message: 'Connection refused' } as const;

function aRecord(changes: Partial<WritableRecord> = {}): WritableRecord {
  const record = new ConnectionRegistry(aFeed()).add(aPublicGateway());
  return Object.assign(record, changes);
}

/** The change that a feed tells of, with the record from which it was made. */
function aChange(record = aRecord({ state: 'reconnecting', since: 5, reason, attempt: 2 })) {
  const feed = aFeed();
  const told: StateChange[] = [];
  feed.subscribe((change) => told.push(change));
  feed.publish(record, 'connecting');
  const [change] = told;
  if (!change) throw new Error('nobody was told');
  return { change, record };
}

describe('StateChanges', () => {
  it('tells what the record says, and from which state it came', () => {
    const { change, record } = aChange();
    expect(change).toMatchObject({ from: 'connecting', to: 'reconnecting', at: 5, reason, attempt: 2 });
    expect(change.gateway).toBe(record.gateway);
    expect(change.status).toEqual(record);
  });

  it('leaves a change as it was, whatever the record becomes', () => {
    const { change, record } = aChange();
    record.state = 'connected';
    record.gateway = { ...record.gateway, name: 'Renamed' };
    expect(change.status).toMatchObject({ state: 'reconnecting', gateway: { name: 'Gateway 1' } });
  });

  it('says that nobody wants a disconnected gateway connected: one that was deleted had no time to hear of it', () => {
    const { change } = aChange(aRecord());
    expect(change.gateway.desiredState).toBe('disconnected');
    expect(change.status.gateway).toBe(change.gateway);
  });

  it('gives every listener the same change, in the order in which they subscribed', () => {
    const feed = aFeed();
    const told: [string, StateChange][] = [];
    for (const name of ['first', 'second']) feed.subscribe((change) => told.push([name, change]));
    feed.publish(aRecord(), 'connected');
    expect(told.map(([name]) => name)).toEqual(['first', 'second']);
    expect(told[0]?.[1]).toBe(told[1]?.[1]);
  });

  it('tells a listener nothing once it has unsubscribed', () => {
    const feed = aFeed();
    const [leaving, staying] = [jest.fn(), jest.fn()];
    const unsubscribe = feed.subscribe(leaving);
    feed.subscribe(staying);
    feed.publish(aRecord(), 'connected');
    unsubscribe();
    feed.publish(aRecord(), 'connected');
    expect([leaving, staying].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
  });

  it('gives each change an id greater than those before, and than one that another process has stored', () => {
    const feed = aFeed();
    const ids: string[] = [];
    feed.subscribe(({ id }) => ids.push(id));
    for (let i = 0; i < 3; i += 1) feed.publish(aRecord(), 'connected');
    const aYearAhead = '0a000000-0000-7000-8000-000000000000';
    feed.continueAfter(aYearAhead);
    feed.publish(aRecord(), 'connected');
    const inOrder = [...ids.slice(0, 3), aYearAhead, ...ids.slice(3)];
    expect(inOrder).toEqual([...new Set(inOrder)].sort());
  });

  it('tells the others when a listener fails, every time, and logs once for each that does', () => {
    const logger = silentLogger();
    const error = jest.spyOn(logger, 'error');
    const feed = aFeed(logger);
    const [first, second] = [new Error('first'), new Error('second')];
    const after = jest.fn();
    for (const problem of [first, second]) {
      feed.subscribe(() => {
        throw problem;
      });
    }
    feed.subscribe(after);
    feed.publish(aRecord(), 'connected');
    feed.publish(aRecord(), 'connected');
    expect(after).toHaveBeenCalledTimes(2);
    expect(error.mock.calls.map(([fields]) => fields)).toEqual([{ err: first }, { err: second }]);
  });
});
