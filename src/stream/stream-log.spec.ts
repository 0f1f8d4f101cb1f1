import { aFeed } from '../../test/support/state-changes';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { ConnectionRegistry } from '../status/connection.registry';
import type { WritableRecord } from '../status/connection-record';
import type { StateChange } from '../status/state-change';
import { StreamLog } from './stream-log';
import { fleetEvent } from './stream-text';

function aRecord(): WritableRecord {
  return new ConnectionRegistry(aFeed()).add(aPublicGateway());
}

/** An empty log that records the state changes of a feed. */
function aLogOf(capacity: number) {
  const [log, feed] = [new StreamLog<StateChange>(capacity, fleetEvent), aFeed()];
  feed.subscribe((change) => log.append(change));
  return { log, feed };
}

/** A log of `changes` state changes; the `attempt` of each is its number. */
function aLog({ capacity, changes }: { capacity: number; changes: number }): StreamLog<StateChange> {
  const { log, feed } = aLogOf(capacity);
  for (let attempt = 1; attempt <= changes; attempt += 1) {
    feed.publish({ ...aRecord(), state: 'reconnecting', attempt }, 'connecting');
  }
  return log;
}

const after = (log: StreamLog<StateChange>, position: number) =>
  [...log.after(position)].map(({ item }) => item.attempt);

/** The status in the text of the last state change. */
function lastStatus(log: StreamLog<StateChange>): unknown {
  const [event] = log.after(log.end - 1);
  return JSON.parse(/^data: (.*)$/m.exec(event?.text ?? '')?.[1] ?? '');
}

describe('StreamLog', () => {
  it('begins empty, at position 0', () => {
    const log = new StreamLog<StateChange>(3, fleetEvent);
    expect([log.start, log.end, after(log, 0)]).toEqual([0, 0, []]);
    expect(log.positionOf(log.idOf(0))).toBe(0);
  });

  it('keeps the last state changes, oldest first, and no more', () => {
    expect(after(aLog({ capacity: 3, changes: 2 }), 0)).toEqual([1, 2]);
    const log = aLog({ capacity: 3, changes: 7 });
    expect([log.start, log.end]).toEqual([4, 7]);
    expect(after(log, log.start)).toEqual([5, 6, 7]);
    expect(after(log, 6)).toEqual([7]);
    expect(after(log, 7)).toEqual([]);
  });

  it('finds the position of an id after which nothing is missing', () => {
    const log = aLog({ capacity: 3, changes: 7 });
    expect([3, 4, 7, 8].map((position) => log.positionOf(log.idOf(position)))).toEqual([null, 4, 7, null]);
  });

  it.each(['', '5', '-5', 'BOOT', 'BOOT-', 'BOOT-x', 'BOOT- 5', 'BOOT-5.0', 'BOOT-5-5', 'BOOT--5', 'other-5'])(
    'finds no position for the id %j',
    (text) => {
      const log = aLog({ capacity: 3, changes: 7 });
      const boot = log.idOf(5).split('-')[0] ?? '';
      expect(log.positionOf(text.replace('BOOT', boot))).toBeNull();
      expect(log.positionOf(`${boot}-${'9'.repeat(400)}`)).toBeNull();
    },
  );

  it('finds no position for an id of another log', () => {
    const [log, other] = [aLog({ capacity: 3, changes: 2 }), aLog({ capacity: 3, changes: 2 })];
    expect(log.positionOf(other.idOf(1))).toBeNull();
  });

  it('goes on after the numbers of another log, some of which may be left out', () => {
    const log = new StreamLog<string>(3, (id, text) => `${id} ${text}`, 'shared', 10);
    expect([log.start, log.end, log.positionOf('shared-9'), log.positionOf('shared-10')]).toEqual([10, 10, null, 10]);
    log.append('a', 11);
    log.append('b', 13);
    log.append('c', 15);
    const textsAfter = (position: number) => [...log.after(position)].map(({ text }) => text);
    expect(textsAfter(12)).toEqual(['shared-13 b', 'shared-15 c']);
    expect([log.start, log.positionOf('shared-11'), log.positionOf('shared-14')]).toEqual([12, null, 14]);
    log.append('d', 20);
    expect(textsAfter(17)).toEqual(['shared-20 d']); // No older one in its place.
  });

  it('returns a state change as it was, however late it is read and however the record has changed', () => {
    jest.useFakeTimers({ now: new Date('2026-02-09T10:00:00.000Z') });
    const { log, feed } = aLogOf(3);
    const record: WritableRecord = { ...aRecord(), state: 'connecting', attempt: 2 };
    feed.publish(record, 'reconnecting');
    jest.advanceTimersByTime(3_600_000);
    record.state = 'connected';
    record.attempt = 0;
    record.gateway = { ...record.gateway, name: 'Renamed' };
    expect(lastStatus(log)).toMatchObject({
      state: 'connecting',
      attempt: 2,
      name: 'Gateway 1',
      as_of: '2026-02-09T10:00:00.000Z',
    });
    jest.useRealTimers();
  });

  it('gives a disconnected gateway the desired state disconnected, since that of a deleted one is out of date', () => {
    const { log, feed } = aLogOf(3);
    feed.publish({ ...aRecord(), state: 'disconnected' }, 'connected');
    expect(lastStatus(log)).toMatchObject({ state: 'disconnected', desired_state: 'disconnected' });
  });

  it('makes the text of a state change once, for all readers', () => {
    const [event] = aLog({ capacity: 1, changes: 1 }).after(0);
    const stringify = jest.spyOn(JSON, 'stringify');
    const texts = [event?.text, event?.text];
    expect(stringify).toHaveBeenCalledTimes(1);
    stringify.mockRestore();
    expect(texts).toEqual([expect.stringMatching(/^event: state\nid: \w+-1\ndata: {.*}\n\n$/), texts[0]]);
  });
});
