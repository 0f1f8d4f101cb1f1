import { EVERYWHERE } from '../common/actor';
import type { GatewaysService } from '../gateways/gateways.service';
import { aFeed } from '../../test/support/state-changes';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { momentOf } from '../common/clock';
import { ConnectionRegistry } from './connection.registry';
import type { WritableRecord } from './connection-record';
import { LastSeenWriter } from './last-seen.writer';

type UsedOfGateways = Pick<GatewaysService, 'recordSightings'>;
type Sightings = Parameters<UsedOfGateways['recordSightings']>[0];

/** A table that writes every time it is given, unless the test replaces `answer`. */
class FakeGateways implements UsedOfGateways {
  readonly statements: Sightings[] = [];
  answer: (ids: string[]) => Promise<string[]> = (ids) => Promise.resolve(ids);

  recordSightings(sightings: Sightings): Promise<string[]> {
    this.statements.push(sightings);
    return this.answer(sightings.map(({ gatewayId }) => gatewayId));
  }

  /** The ids of the last statement. */
  get lastIds(): string[] {
    return this.statements.at(-1)?.map(({ gatewayId }) => gatewayId) ?? [];
  }
}

function aWriter(...ids: string[]) {
  const gateways = new FakeGateways();
  const registry = new ConnectionRegistry(aFeed());
  const recordOf = (id: string) => registry.find(EVERYWHERE, id) as WritableRecord;
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn');
  const writer = new LastSeenWriter(gateways as UsedOfGateways as GatewaysService, registry, logger);
  const see = (id: string, at = new Date()) => {
    recordOf(id).lastSeenAt = momentOf(at);
  };
  for (const id of ids) {
    registry.add(aPublicGateway({ id }));
    see(id);
  }
  return { writer, gateways, registry, recordOf, see, warn };
}

describe('LastSeenWriter', () => {
  afterEach(() => jest.useRealTimers());

  it('STATUS-05: writes each noted gateway once, many in one statement', async () => {
    const { writer, gateways } = aWriter('a', 'b', 'c');
    for (const id of ['a', 'b', 'a']) writer.note(id);
    await writer.flush();
    expect(gateways.lastIds).toEqual(['a', 'b']);
    await writer.flush();
    expect(gateways.statements).toHaveLength(1);
  });

  it('STATUS-05: writes the time that is known when it writes, not when it was noted', async () => {
    const { writer, gateways, see } = aWriter('a');
    writer.note('a');
    const at = new Date('2026-02-09T10:00:00.000Z');
    see('a', at);
    await writer.flush();
    expect(gateways.statements).toEqual([[{ gatewayId: 'a', at }]]);
  });

  it('STATUS-05: notes all connected gateways', async () => {
    const { writer, gateways, recordOf } = aWriter('a', 'b', 'c');
    for (const id of ['a', 'c']) recordOf(id).state = 'connected';
    writer.noteConnected();
    await writer.flush();
    expect(gateways.lastIds).toEqual(['a', 'c']);
  });

  it('notes all gateways ever seen after the clock was set, since the times written before may be wrong', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const { writer, gateways, recordOf, see } = aWriter('connected', 'gone', 'never seen');
    recordOf('connected').state = 'connected';
    recordOf('never seen').lastSeenAt = null;
    see('gone', new Date(Date.now() - 60_000));
    writer.noteConnected();
    await writer.flush();

    jest.setSystemTime(Date.now() - 3_600_000);
    writer.noteConnected();
    await writer.flush();

    expect(gateways.statements.map((each) => each.map(({ gatewayId }) => gatewayId))).toEqual([
      ['connected'],
      ['connected', 'gone'],
    ]);
    expect(gateways.statements[1]?.[1]?.at).toEqual(new Date(Date.now() - 60_000));
  });

  it('retries rows that were locked', async () => {
    const { writer, gateways } = aWriter('a', 'b', 'c');
    gateways.answer = () => Promise.resolve(['b']);
    for (const id of ['a', 'b', 'c']) writer.note(id);
    await writer.flush();
    await writer.flush();
    expect(gateways.lastIds).toEqual(['a', 'c']);
  });

  it('forgets gateways that were deleted meanwhile', async () => {
    const { writer, gateways, registry } = aWriter('a', 'b');
    writer.note('a');
    registry.delete('a');
    await writer.flush();
    expect(gateways.statements).toHaveLength(0);

    gateways.answer = () => Promise.resolve([]);
    writer.note('b');
    await writer.flush();
    registry.delete('b');
    await writer.flush();
    expect(gateways.statements).toHaveLength(1);
  });

  it('keeps what it cannot write, and warns once per outage', async () => {
    const { writer, gateways, warn } = aWriter('a', 'b');
    gateways.answer = () => Promise.reject(new Error('the database is down'));
    writer.note('a');
    await writer.flush();
    writer.note('b');
    await writer.flush();
    expect(warn).toHaveBeenCalledTimes(1);

    gateways.answer = (ids) => Promise.resolve(ids);
    await writer.flush();
    expect(gateways.lastIds.toSorted()).toEqual(['a', 'b']);

    gateways.answer = () => Promise.reject(new Error('down again'));
    writer.note('a');
    await writer.flush();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('STATUS-05: does not lose what is noted while a statement is under way', async () => {
    const { writer, gateways, see } = aWriter('a');
    let finish: () => void = () => undefined;
    gateways.answer = (ids) => new Promise((resolve) => (finish = () => resolve(ids)));
    writer.note('a');
    const writing = writer.flush();
    await Promise.resolve(); // The write has begun.

    const at = new Date('2026-02-09T10:00:07.000Z');
    see('a', at); // The gateway dropped and reconnected.
    writer.note('a');
    finish();
    await writing;
    gateways.answer = (ids) => Promise.resolve(ids);
    await writer.flush();
    expect(gateways.statements.at(-1)).toEqual([{ gatewayId: 'a', at }]);
  });

  it('runs one statement at a time', async () => {
    const { writer, gateways } = aWriter('a');
    writer.note('a');
    await Promise.all([writer.flush(), writer.flush()]);
    expect(gateways.statements).toHaveLength(1);
  });

  it('splits a large fleet into several statements, and continues with the next flush after a failure', async () => {
    const ids = Array.from({ length: 12_000 }, (_, i) => `${i}`);
    const { writer, gateways } = aWriter(...ids);
    ids.forEach((id) => writer.note(id));
    let tries = 0;
    gateways.answer = (written) => ((tries += 1) === 2 ? Promise.reject(new Error('down')) : Promise.resolve(written));
    await writer.flush();
    expect(gateways.statements.map(({ length }) => length)).toEqual([5000, 5000]);
    await writer.flush();
    expect(gateways.statements.map(({ length }) => length)).toEqual([5000, 5000, 5000, 2000]);
  });
});
