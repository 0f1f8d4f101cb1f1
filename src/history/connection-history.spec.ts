import { aFeed } from '../../test/support/state-changes';
import { withClockAhead } from '../../test/support/wrong-clock';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { timeOf } from '../common/clock';
import { ConnectionRegistry } from '../status/connection.registry';
import type { ConnectionState } from '../status/connection-state';
import type { ConnectionEventRow } from './connection-event.entity';
import type { ConnectionEventsRepository } from './connection-events.repository';
import { ConnectionHistory } from './connection-history';

type UsedOfRepository = Pick<ConnectionEventsRepository, 'store' | 'findGreatestId'>;

/** A table that stores every row, unless the test replaces `answer`. */
class FakeTable implements UsedOfRepository {
  readonly statements: (readonly ConnectionEventRow[])[] = [];
  answer: () => Promise<void> = () => Promise.resolve();
  /** The greatest id among rows that other processes have stored. */
  greatestId: string | null = null;

  async store(rows: readonly ConnectionEventRow[]): Promise<string | null> {
    this.statements.push(rows);
    await this.answer();
    return this.greatestId;
  }

  findGreatestId(): Promise<string | null> {
    return Promise.resolve(this.greatestId);
  }

  get lastChanges(): string[] {
    return this.statements.at(-1)?.map(({ from, to }) => `${from} → ${to}`) ?? [];
  }
}

function aHistory() {
  const table = new FakeTable();
  const changes = aFeed();
  const registry = new ConnectionRegistry(changes);
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn');
  const history = new ConnectionHistory(changes, table as UsedOfRepository as ConnectionEventsRepository, logger);
  const add = (id: string) => registry.add(aPublicGateway({ id }));
  const change = (record: ReturnType<typeof add>, to: ConnectionState) => {
    const from = record.state;
    Object.assign(record, { state: to, since: performance.now() });
    registry.stateChanged(record, from);
  };
  history.start();
  return { history, table, changes, add, change, warn };
}

const never = () => new Promise<void>(() => undefined);

describe('ConnectionHistory', () => {
  it('stores each state change once, as it was at that moment, many in one statement', async () => {
    const { history, table, add, change } = aHistory();
    const record = add('a');
    const reason = { code: 'connect_refused', step: 'tcp', message: 'Connection refused' } as const;
    change(record, 'connecting');
    Object.assign(record, { reason, attempt: 1 });
    change(record, 'reconnecting');
    const { since } = record;
    change(record, 'connecting');

    await history.flush();
    await history.flush();

    expect(table.statements).toHaveLength(1);
    expect(table.lastChanges).toEqual([
      'disconnected → connecting',
      'connecting → reconnecting',
      'reconnecting → connecting',
    ]);
    expect(table.statements[0]?.[1]).toMatchObject({
      gatewayId: 'a',
      at: timeOf(since),
      firstAt: timeOf(since),
      reason,
      attempt: 1,
    });
    const ids = table.statements.flat().map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('splits many changes into several statements, and stores those made meanwhile with the next flush', async () => {
    const { history, table, add, change } = aHistory();
    for (let i = 0; i < 5000; i += 1) change(add(`${i}`), 'connecting');
    table.answer = () => {
      change(add('late'), 'connecting');
      return Promise.resolve();
    };
    await history.flush();
    expect(table.statements.map(({ length }) => length)).toEqual([2000, 2000, 1000]);
    table.answer = () => Promise.resolve();
    await history.flush();
    expect(table.statements.at(-1)?.map(({ gatewayId }) => gatewayId)).toEqual(['late', 'late', 'late']);
  });

  it('keeps what it cannot store in order, and warns once per outage', async () => {
    const { history, table, add, change, warn } = aHistory();
    const record = add('a');
    table.answer = () => Promise.reject(new Error('the database is down'));
    change(record, 'connecting');
    await history.flush();
    change(record, 'authenticating');
    await history.flush();
    expect(warn).toHaveBeenCalledTimes(1);

    table.answer = () => Promise.resolve();
    await history.flush();
    expect(table.lastChanges).toEqual(['disconnected → connecting', 'connecting → authenticating']);

    table.answer = () => Promise.reject(new Error('down again'));
    change(record, 'connected');
    await history.flush();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('stores everything received before a flush with it, even while another flush is running', async () => {
    const { history, table, add, change } = aHistory();
    const record = add('a');
    let finish: () => void = () => undefined;
    table.answer = () => new Promise((resolve) => (finish = resolve));
    change(record, 'connecting');
    const underWay = history.flush();
    await Promise.resolve(); // The write has begun.
    change(record, 'authenticating');
    table.answer = () => Promise.resolve();
    const after = [history.flush(), history.flush()];
    finish();
    await Promise.all([underWay, ...after]);
    expect(table.statements).toHaveLength(2);
    expect(table.lastChanges).toEqual(['connecting → authenticating']);
  });

  it('waits no longer than the given time for a database that does not answer', async () => {
    const { history, table, add, change } = aHistory();
    change(add('a'), 'connecting');
    table.answer = never;
    await history.flushWithin(10);
    expect(table.statements).toHaveLength(1);
  });

  it('leaves no timer behind when the database answers in time', async () => {
    const { history, add, change } = aHistory();
    change(add('a'), 'connecting');
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const flushed = history.flushWithin(60_000);
    expect(timers()).toBe(before + 1);
    await flushed;
    expect(timers()).toBe(before);
  });

  it('stores each state change under its id', async () => {
    const { history, table, changes, add, change } = aHistory();
    const told: string[] = [];
    changes.subscribe(({ id }) => told.push(id));
    const record = add('a');
    change(record, 'connecting');
    change(record, 'authenticating');
    await history.flush();
    expect(table.statements.flat().map(({ id }) => id)).toEqual(told);
    expect(told).toHaveLength(2);
  });

  it('orders new changes after all that other processes have stored, even if their clocks were ahead', async () => {
    const { history, table, add, change } = aHistory();
    const aYearAhead = '0a000000-0000-7000-8000-000000000000';
    const twoYearsAhead = '0b000000-0000-7000-8000-000000000000';
    const record = add('a');
    table.greatestId = aYearAhead;
    await history.resumeFromTable();
    change(record, 'connecting');
    table.greatestId = twoYearsAhead; // Stored late, by the previous holder of the sessions.
    await history.flush();
    change(record, 'reconnecting');
    await history.flush();
    const [[first], [second]] = table.statements as [ConnectionEventRow[], ConnectionEventRow[]];
    expect([aYearAhead, first?.id, twoYearsAhead, second?.id].toSorted()).toEqual([
      aYearAhead,
      first?.id,
      twoYearsAhead,
      second?.id,
    ]);
  });

  it('stores the time of a change by the clock as it is set when the row is stored', async () => {
    const { history, table, add, change } = aHistory();
    const record = add('a');
    await withClockAhead(365 * 86_400_000, () => {
      change(record, 'connecting');
      return Promise.resolve();
    });
    await history.flush();
    expect(table.statements[0]?.[0]?.at).toEqual(timeOf(record.since));
  });

  it('ignores changes once it is stopped, and stores those received before', async () => {
    const { history, table, add, change } = aHistory();
    const record = add('a');
    change(record, 'connecting');
    const stopped = history.stop();
    change(record, 'disconnected');
    await stopped;
    await history.flush();
    expect(table.statements).toHaveLength(1);
    expect(table.lastChanges).toEqual(['disconnected → connecting']);
  });

  it('receives each state change once, however often it is started', async () => {
    const { history, table, add, change } = aHistory();
    history.start();
    await history.stop();
    history.start();
    history.start();
    change(add('a'), 'connecting');
    await history.flush();
    expect(table.lastChanges).toEqual(['disconnected → connecting']);
  });
});
