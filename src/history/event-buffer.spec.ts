import fc from 'fast-check';
import type { Moment } from '../common/clock';
import { aWaitingEvent } from '../../test/support/events';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import type { WaitingEvent } from './connection-event.entity';
import { EventBuffer } from './event-buffer';

const START = 1_000_000;
const minutesLater = (minutes: number): Moment => START + minutes * 60_000;
const settled = () => new Promise(setImmediate);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function fill({ buffer }: { buffer: EventBuffer }, gatewayId: string, changes: number, at = START): void {
  for (let i = 0; i < changes; i += 1) buffer.add(aWaitingEvent(gatewayId, { at }));
}

/** A buffer whose rows are stored as long as `answer` resolves. */
function aBuffer(maxRows: number) {
  const stored: WaitingEvent[] = [];
  const table = { answer: () => Promise.resolve() };
  const rows = new WriteBehind<string, WaitingEvent>({
    batchSize: 1000,
    merge: (_, later) => later,
    store: async (batch) => {
      await table.answer();
      stored.push(...batch.values());
      return [];
    },
    outage: new Outage(() => undefined),
  });
  /** Writes all rows, and returns them. */
  const drain = async (): Promise<WaitingEvent[]> => {
    await rows.flush();
    return stored.splice(0);
  };
  return { buffer: new EventBuffer(rows, maxRows), rows, table, drain };
}

describe('EventBuffer', () => {
  it('writes the oldest rows first, and keeps them until they are stored', async () => {
    const { buffer, rows, table, drain } = aBuffer(100);
    const changes = ['a', 'b', 'c'].map((gatewayId) => aWaitingEvent(gatewayId));
    for (const change of changes) buffer.add(change);

    table.answer = () => Promise.reject(new Error('down'));
    expect(await drain()).toEqual([]);
    expect(rows.size).toBe(3);

    table.answer = () => Promise.resolve();
    expect(await drain()).toEqual(changes);
    expect(rows.size).toBe(0);
  });

  it('folds each gateway separately', async () => {
    const it = aBuffer(100);
    fill(it, 'flapping', 30);
    fill(it, 'calm', 1);
    expect((await it.drain()).map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 20, 1]);
  });

  it('writes a row that has grown again, with its full count', async () => {
    const it = aBuffer(100);
    fill(it, 'a', 12);
    const [before] = (await it.drain()).slice(-1);
    fill(it, 'a', 3);
    expect(await it.drain()).toMatchObject([{ id: before?.id, count: 5 }]);
  });

  it('does not lose changes folded into a row while it is being written', async () => {
    const it = aBuffer(100);
    let finish: () => void = () => undefined;
    it.table.answer = () => new Promise((resolve) => (finish = resolve));
    fill(it, 'a', 12);
    const underWay = it.drain();
    await Promise.resolve(); // The write has begun.
    fill(it, 'a', 1);
    finish();
    await underWay;
    it.table.answer = () => Promise.resolve();
    expect((await it.drain()).map(({ count }) => count)).toEqual([3]);
  });

  it('holds at most one extra row per gateway when it is full, and still counts every change', async () => {
    const it = aBuffer(20);
    for (let minute = 0; minute < 50; minute += 1) {
      for (const gatewayId of ['a', 'b', 'c', 'd']) fill(it, gatewayId, 3, minutesLater(minute));
      it.buffer.forgetPast(minutesLater(minute));
    }
    expect(it.rows.size).toBeLessThanOrEqual(24);
    expect(sum((await it.drain()).map(({ count }) => count))).toBe(50 * 4 * 3);
  });

  it('forgets gateways without a change for a minute, once their rows are stored', async () => {
    const it = aBuffer(100);
    const { buffer } = it;
    fill(it, 'a', 5);
    fill(it, 'b', 5, minutesLater(1));
    buffer.forgetPast(minutesLater(1));
    expect(buffer.windowCount).toBe(2); // The rows of `a` are still pending.

    await it.drain();
    buffer.forgetPast(minutesLater(1));
    expect(buffer.windowCount).toBe(1);
    buffer.forgetPast(minutesLater(2));
    expect(buffer.windowCount).toBe(0);
  });

  it('counts every change once, in bounded memory, for any sequence of operations', async () => {
    const gateway = fc.constantFrom('a', 'b', 'c');
    const action = fc.oneof(
      { weight: 8, arbitrary: fc.record({ type: fc.constant('change' as const), gateway }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('write' as const), fails: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('answer' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('pass' as const), seconds: fc.nat(90) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 15 }), async (actions, max) => {
        const { buffer, rows, table, drain } = aBuffer(max);
        const counts = new Map<string, number>();
        let now = START;
        let changes = 0;
        let answer: () => void = () => undefined;
        const write = async () => (await drain()).forEach(({ id, count }) => counts.set(id, count));
        const writes: Promise<void>[] = [];
        for (const each of actions) {
          if (each.type === 'change') {
            buffer.add(aWaitingEvent(each.gateway, { at: now }));
            changes += 1;
          } else if (each.type === 'write') {
            table.answer = () =>
              new Promise((resolve, reject) => (answer = each.fails ? () => reject(new Error('down')) : resolve));
            writes.push(write());
            await Promise.resolve();
          } else if (each.type === 'answer') {
            answer();
            await settled();
          } else {
            now += each.seconds * 1000;
            buffer.forgetPast(now);
          }
          expect(rows.size).toBeLessThanOrEqual(max + 3);
        }
        table.answer = () => Promise.resolve();
        answer();
        await Promise.all([...writes, write()]);
        await write();
        expect(sum([...counts.values()])).toBe(changes);
        expect(rows.size).toBe(0);
      }),
    );
  });
});
