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
  it('publishes the record and the previous state', () => {
    const { change, record } = aChange();
    expect(change).toMatchObject({ from: 'connecting', to: 'reconnecting', at: 5, reason, attempt: 2 });
    expect(change.gateway).toBe(record.gateway);
    expect(change.status).toEqual(record);
  });

  it('keeps a change as it was when the record changes later', () => {
    const { change, record } = aChange();
    record.state = 'connected';
    record.gateway = { ...record.gateway, name: 'Renamed' };
    expect(change.status).toMatchObject({ state: 'reconnecting', gateway: { name: 'Gateway 1' } });
  });

  it('gives a disconnected gateway the desired state disconnected, since that of a deleted one is out of date', () => {
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

  it('does not call a listener after it has unsubscribed', () => {
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

  it('calls the other listeners when one fails, and logs once for each that fails', () => {
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
