/** @jest-environment node */
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { Gate } from '../../../test/unit-support/gate';
import { aRefusal as refusal } from '../../../test/unit-support/refusal';
import { Outage } from '../../database/outage';
import type { EncodedReading } from '../reading';
import { anEncodedReading, idsOf } from './ingest.harness';
import { ReadingQueue } from './reading-queue';
import { ReadingWriter } from './reading-writer';

const BATCH = { readings: 4, bytes: 1e9 };
const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** A writer whose database does as the test says. */
class Desk {
  readonly queue = new ReadingQueue();
  readonly batches: (number | null)[][] = [];
  readonly stored: (number | null)[] = [];
  readonly refused: (number | null)[] = [];
  readonly gate = new Gate();
  outages = 0;
  released = 0;
  /** Why the database refuses a batch; null if it does not. */
  fails: (batch: readonly EncodedReading[]) => Error | null = () => null;

  readonly writer = new ReadingWriter<EncodedReading>({
    source: this.source(),
    store: async (batch) => {
      this.batches.push(idsOf(batch));
      await this.gate.pass();
      const failure = this.fails(batch);
      if (failure) throw failure;
      return [...batch];
    },
    onStored: (batch) => void this.stored.push(...idsOf(batch)),
    onRefused: ({ recordId }) => void this.refused.push(recordId),
    outage: new Outage(() => (this.outages += 1)),
    flushMs: 250,
    retryMs: 1000,
  });

  private source() {
    const { queue } = this;
    return {
      get isEmpty() {
        return queue.length === 0;
      },
      get isBatchFull() {
        return queue.length >= BATCH.readings;
      },
      takeBatch: () => Promise.resolve(queue.takeBatch(BATCH)),
      release: () => {
        this.released += 1;
        return Promise.resolve();
      },
    };
  }

  receive(...ids: number[]): void {
    for (const id of ids) {
      this.queue.push(anEncodedReading(id));
      this.writer.poke();
    }
  }

  failsFor(id: number, error: () => Error): void {
    this.fails = (batch) => (idsOf(batch).includes(id) ? error() : null);
  }
}

describe('the writer', () => {
  useFakeTimersInTests();

  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
    desk.writer.start();
  });

  const wait = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('waits a quarter of a second for more readings', async () => {
    desk.receive(1);
    await wait(200);
    desk.receive(2);
    expect(desk.batches).toEqual([]);
    await wait(50);
    expect(desk.batches).toEqual([[1, 2]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stores a full batch at once, and several one after the other', async () => {
    const release = desk.gate.hold();
    desk.receive(1, 2, 3, 4);
    await wait(0);
    expect(desk.batches).toEqual([[1, 2, 3, 4]]);
    desk.receive(5, 6, 7, 8, 9);
    await wait(1000);
    expect(desk.batches).toHaveLength(1); // One transaction at a time.
    release();
    await wait(0);
    expect(desk.batches).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    await wait(250);
    expect(desk.batches.at(-1)).toEqual([9]);
    expect([desk.stored, desk.released]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], 3]);
  });

  it('tries the same batch again while the database is away, and keeps the order', async () => {
    desk.fails = away;
    desk.receive(1, 2);
    await wait(250);
    desk.receive(3, 4, 5, 6);
    await wait(3000);
    expect(desk.batches).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect([desk.outages, desk.released, desk.writer.length]).toEqual([1, 0, 2]);
    desk.fails = () => null;
    await wait(1250);
    expect([desk.stored, desk.refused]).toEqual([[1, 2, 3, 4, 5, 6], []]);
  });

  it.each(['57P01', '53300', '40001', '40P01', '25006', '57014', '53100'])(
    'takes SQLSTATE %s for an outage, and refuses no reading',
    async (code) => {
      desk.fails = () => refusal(code);
      desk.receive(1, 2);
      await wait(1250);
      expect([desk.batches, desk.refused]).toEqual([
        [
          [1, 2],
          [1, 2],
        ],
        [],
      ]);
    },
  );

  it.each(['22P02', '23505', '23514', '54000', '21000'])(
    'finds the reading that SQLSTATE %s is about',
    async (code) => {
      desk.failsFor(3, () => refusal(code));
      desk.receive(1, 2, 3, 4);
      await wait(0);
      expect(desk.batches).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]);
      expect([desk.stored, desk.refused, desk.outages]).toEqual([[1, 2, 4], [3], 0]);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it('stores a single reading whose first failure has passed', async () => {
    let failures = 1;
    desk.fails = () => (failures-- > 0 ? refusal('23514') : null);
    desk.receive(1);
    await wait(250);
    expect([desk.stored, desk.refused]).toEqual([[1], []]);
  });

  it('refuses every reading of a batch if PostgreSQL does', async () => {
    desk.fails = () => refusal('22003');
    desk.receive(1, 2);
    await wait(250);
    expect([desk.stored, desk.refused, desk.outages]).toEqual([[], [1, 2], 0]);
  });

  it('puts a failure of the code down to a reading only beside others that can be stored', async () => {
    desk.failsFor(1, () => new TypeError('of undefined'));
    desk.receive(1);
    await wait(1250);
    expect([desk.refused, desk.outages, desk.writer.length]).toEqual([[], 1, 1]);

    desk.writer.stop();
    desk = new Desk();
    desk.failsFor(1, () => new TypeError('of undefined'));
    desk.writer.start();
    desk.receive(1, 2);
    await wait(250);
    expect([desk.stored, desk.refused]).toEqual([[2], [1]]);
  });

  it('keeps everything if the database goes away while it looks for a reading that is refused', async () => {
    let isAway = false;
    desk.fails = (batch) => {
      if (isAway) return away();
      const ids = idsOf(batch);
      if (ids.length === 1 && ids[0] === 1) isAway = desk.batches.length === 4;
      return ids.includes(1) ? refusal('22003') : null;
    };
    desk.receive(1, 2, 3, 4);
    await wait(0);
    expect([desk.refused, desk.writer.length]).toEqual([[], 4]);
    isAway = false;
    desk.fails = (batch) => (idsOf(batch).includes(1) ? refusal('22003') : null);
    await wait(1000);
    expect([desk.stored, desk.refused]).toEqual([[2, 3, 4], [1]]);
  });

  it('flushes without waiting, after the transaction under way', async () => {
    const release = desk.gate.hold();
    desk.receive(1, 2, 3, 4, 5);
    await wait(0);
    const flushed = desk.writer.flush();
    release();
    await flushed;
    expect(desk.stored).toEqual([1, 2, 3, 4, 5]);
  });

  it('starts nothing after its stop, and gives back what is in hand', async () => {
    desk.fails = away;
    desk.receive(1, 2);
    await wait(250);
    expect(idsOf(desk.writer.stop())).toEqual([1, 2]);
    desk.receive(3);
    await wait(10_000);
    await desk.writer.flush();
    expect([desk.batches, jest.getTimerCount()]).toEqual([[[1, 2]], 0]);
  });
});
