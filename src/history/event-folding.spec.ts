import type { Moment } from '../common/clock';
import { aWaitingEvent } from '../../test/support/events';
import type { WaitingEvent } from './connection-event.entity';
import { fold } from './event-folding';
import type { FoldingWindow } from './event-folding';

const START = 1_000_000;
const atSecond = (second: number): Moment => START + second * 1000;
const lost = { code: 'connection_lost', step: 'live', message: 'The connection broke' } as const;

/** Folds the changes of one gateway in turn and returns the final rows. */
function foldAll(changes: readonly WaitingEvent[], mustFold = false): WaitingEvent[] {
  const rows = new Map<string, WaitingEvent>();
  let window: FoldingWindow | null = null;
  for (const change of changes) {
    window = fold(window, change, mustFold);
    rows.set(window.last.id, window.last);
  }
  return [...rows.values()];
}

const changesAt = (...seconds: number[]) => seconds.map((second) => aWaitingEvent('g', { at: atSecond(second) }));
const countsOf = (rows: readonly WaitingEvent[]): number[] => rows.map(({ count }) => count);
const seconds = (from: number, number: number): number[] => Array.from({ length: number }, (_, i) => from + i);

describe('folding', () => {
  it('leaves the first ten changes of a minute as they are', () => {
    const changes = changesAt(...seconds(0, 10));
    expect(foldAll(changes)).toEqual(changes);
  });

  it('folds all further changes of that minute into one row, from the first of them to the last', () => {
    const changes = changesAt(...seconds(0, 10));
    const further = [
      aWaitingEvent('g', { at: atSecond(20), from: 'connected', to: 'reconnecting', reason: lost, attempt: 1 }),
      aWaitingEvent('g', { at: atSecond(21), from: 'reconnecting', to: 'connecting', reason: lost, attempt: 1 }),
      aWaitingEvent('g', { at: atSecond(22), from: 'connecting', to: 'auth_failed', reason: null, attempt: 2 }),
    ];

    expect(foldAll([...changes, ...further])).toEqual([
      ...changes,
      {
        id: further[0]?.id,
        gatewayId: 'g',
        firstAt: atSecond(20),
        at: atSecond(22),
        from: 'connected',
        to: 'auth_failed',
        reason: null,
        attempt: 2,
        count: 3,
      },
    ]);
  });

  it('gives each change its own row again after that minute, and folds again when there are too many', () => {
    const rows = foldAll(changesAt(...seconds(0, 59), ...seconds(60, 30)));
    expect(countsOf(rows)).toEqual([...Array<number>(10).fill(1), 49, ...Array<number>(10).fill(1), 20]);
  });

  it('starts a minute at a change, not at a full minute of the clock', () => {
    expect(countsOf(foldAll(changesAt(...seconds(50, 20))))).toEqual([...Array<number>(10).fill(1), 10]);
  });

  it('adds no further row when it must fold, even minutes later', () => {
    const rows = foldAll(changesAt(0, 1, 100, 1000), true);
    expect(rows).toMatchObject([{ count: 4, firstAt: atSecond(0), at: atSecond(1000) }]);
  });
});
