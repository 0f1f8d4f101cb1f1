import fc from 'fast-check';
import type { Moment } from '../common/clock';
import { aWaitingEvent } from '../../test/support/events';
import { EventBuffer } from './event-buffer';

const START = 1_000_000;
const minutesLater = (minutes: number): Moment => START + minutes * 60_000;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function fill(buffer: EventBuffer, gatewayId: string, changes: number, at = START): void {
  for (let i = 0; i < changes; i += 1) buffer.add(aWaitingEvent(gatewayId, { at }));
}

/** Removes all rows, as a successful write does. */
function drain(buffer: EventBuffer) {
  const rows = buffer.peek(Infinity);
  buffer.written(rows);
  return rows;
}

describe('EventBuffer', () => {
  it('gives the oldest rows first, and keeps them until they are written', () => {
    const buffer = new EventBuffer(100);
    const changes = ['a', 'b', 'c'].map((gatewayId) => aWaitingEvent(gatewayId));
    for (const change of changes) buffer.add(change);

    expect(buffer.peek(2)).toEqual(changes.slice(0, 2));
    buffer.written(buffer.peek(2));

    expect(buffer.peek(2)).toEqual(changes.slice(2));
  });

  it('folds each gateway for itself', () => {
    const buffer = new EventBuffer(100);
    fill(buffer, 'flapping', 30);
    fill(buffer, 'calm', 1);
    expect(drain(buffer).map(({ count }) => count)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 20, 1]);
  });

  it('writes a growing row again and again, with the whole count', () => {
    const buffer = new EventBuffer(100);
    fill(buffer, 'a', 12);
    const [before] = drain(buffer).slice(-1);
    fill(buffer, 'a', 3);
    expect(drain(buffer)).toMatchObject([{ id: before?.id, count: 5 }]);
  });

  it('does not lose what a row takes in while it is being written', () => {
    const buffer = new EventBuffer(100);
    fill(buffer, 'a', 12);
    const underWay = buffer.peek(100);
    fill(buffer, 'a', 1);
    buffer.written(underWay);
    expect(buffer.peek(100).map(({ count }) => count)).toEqual([3]);
  });

  it('when it is full, has one row more for each gateway at the most, and still counts every change', () => {
    const buffer = new EventBuffer(20);
    for (let minute = 0; minute < 50; minute += 1) {
      for (const gatewayId of ['a', 'b', 'c', 'd']) fill(buffer, gatewayId, 3, minutesLater(minute));
      buffer.forgetPast(minutesLater(minute));
    }
    expect(buffer.size).toBeLessThanOrEqual(24);
    expect(sum(drain(buffer).map(({ count }) => count))).toBe(50 * 4 * 3);
  });

  it('forgets the gateways that have been calm for a minute, those that were deleted among them', () => {
    const buffer = new EventBuffer(100);
    fill(buffer, 'a', 5);
    fill(buffer, 'b', 5, minutesLater(1));
    buffer.forgetPast(minutesLater(1));
    expect(buffer.windowCount).toBe(2); // The rows of `a` are still pending.

    drain(buffer);
    buffer.forgetPast(minutesLater(1));
    expect(buffer.windowCount).toBe(1);
    buffer.forgetPast(minutesLater(2));
    expect(buffer.windowCount).toBe(0);
  });

  it('whatever happens in whatever order, counts every change once, in bounded memory', () => {
    const gateway = fc.constantFrom('a', 'b', 'c');
    const action = fc.oneof(
      { weight: 8, arbitrary: fc.record({ type: fc.constant('change' as const), gateway }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('peek' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('written' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('pass' as const), seconds: fc.nat(90) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), fc.integer({ min: 1, max: 15 }), (actions, maxRows) => {
        const buffer = new EventBuffer(maxRows);
        const table = new Map<string, number>();
        let now = START;
        let changes = 0;
        let underWay = buffer.peek(5);
        const finish = () => {
          for (const { id, count } of underWay) table.set(id, count);
          buffer.written(underWay);
          underWay = [];
        };
        for (const each of actions) {
          if (each.type === 'change') {
            buffer.add(aWaitingEvent(each.gateway, { at: now }));
            changes += 1;
          } else if (each.type === 'peek')
            underWay = buffer.peek(5); // As after a failed write.
          else if (each.type === 'written') finish();
          else {
            now += each.seconds * 1000;
            buffer.forgetPast(now);
          }
          expect(buffer.size).toBeLessThanOrEqual(maxRows + 3);
        }
        underWay = buffer.peek(Infinity);
        finish();
        expect(sum([...table.values()])).toBe(changes);
        expect(buffer.size).toBe(0);
      }),
    );
  });
});
