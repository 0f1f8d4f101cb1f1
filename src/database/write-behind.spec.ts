import fc from 'fast-check';
import { Outage } from './outage';
import { WriteBehind } from './write-behind';

const down = new Error('the database is down');

/** A table of texts, which it lengthens. It fails while `isDown` is set, stores no key of `busy`, and answers late while it is held. */
class FakeTable {
  readonly texts = new Map<string, string>();
  readonly statements: Record<string, string>[] = [];
  readonly busy = new Set<string>();
  isDown = false;
  underWay = 0;
  mostUnderWay = 0;
  private held: Promise<void> = Promise.resolve();

  async store(batch: ReadonlyMap<string, string>): Promise<string[]> {
    this.statements.push(Object.fromEntries(batch));
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.held;
    this.underWay -= 1;
    if (this.isDown) throw down;
    for (const [key, value] of batch) if (!this.busy.has(key)) this.texts.set(key, (this.texts.get(key) ?? '') + value);
    return [...batch.keys()].filter((key) => this.busy.has(key));
  }

  /** Holds back the answers to later statements until the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return release;
  }
}

function aWriteBehind(batchSize = 100) {
  const table = new FakeTable();
  const warn = jest.fn((error: unknown) => error);
  const writes = new WriteBehind<string, string>({
    batchSize,
    merge: (earlier, later) => earlier + later,
    store: (batch) => table.store(batch),
    outage: new Outage((error) => void warn(error)),
  });
  return { writes, table, warn };
}

const begun = () => Promise.resolve();

describe('WriteBehind', () => {
  it('stores all pending values once, in one statement, merged by key', async () => {
    const { writes, table } = aWriteBehind();
    writes.note('a', '1');
    writes.note('b', '2');
    writes.note('a', '3');
    expect(writes.size).toBe(2);
    await writes.flush();
    await writes.flush();
    expect(table.statements).toEqual([{ a: '13', b: '2' }]);
    expect([writes.size, writes.has('a')]).toEqual([0, false]);
  });

  it('includes values noted synchronously after the call of flush', async () => {
    const { writes, table } = aWriteBehind();
    const flushed = writes.flush();
    writes.note('a', '1');
    await flushed;
    expect(table.statements).toEqual([{ a: '1' }]);
  });

  it('splits many keys into several statements, in the order in which they were noted', async () => {
    const { writes, table } = aWriteBehind(2);
    for (const key of ['a', 'b', 'c', 'd', 'e']) writes.note(key, '1');
    await writes.flush();
    expect(table.statements.map((each) => Object.keys(each).join(''))).toEqual(['ab', 'cd', 'e']);
  });

  it('leaves values noted during a write to the next one', async () => {
    const { writes, table } = aWriteBehind();
    const release = table.hold();
    writes.note('a', '1');
    const flushed = writes.flush();
    await begun();
    writes.note('a', '10');
    writes.note('b', '20');
    expect([writes.size, writes.has('a')]).toEqual([2, true]);
    release();
    await flushed;
    expect(table.statements).toEqual([{ a: '1' }]);
    await writes.flush();
    expect(table.statements.slice(1)).toEqual([{ a: '10', b: '20' }]);
  });

  it('runs one statement at a time, and a flush stores everything noted before it', async () => {
    const { writes, table } = aWriteBehind();
    const release = table.hold();
    writes.note('a', '1');
    const first = writes.flush();
    await begun();
    writes.note('b', '2');
    const later = [writes.flush(), writes.flush()];
    release();
    await Promise.all([first, ...later]);
    expect(table.statements).toEqual([{ a: '1' }, { b: '2' }]);
    expect(table.mostUnderWay).toBe(1);
  });

  it('counts a key as pending until its statement is answered', async () => {
    const { writes, table } = aWriteBehind();
    const release = table.hold();
    writes.note('a', '1');
    const flushed = writes.flush();
    await begun();
    expect([table.underWay, writes.size, writes.has('a')]).toEqual([1, 1, true]);
    release();
    await flushed;
    expect(writes.has('a')).toBe(false);
  });

  describe('when a statement fails', () => {
    it('keeps its values in order, merged with those noted during the statement', async () => {
      const { writes, table } = aWriteBehind();
      table.isDown = true;
      const release = table.hold();
      writes.note('a', '1');
      writes.note('b', '2');
      const flushed = writes.flush();
      await begun();
      writes.note('c', '3');
      writes.note('b', '20');
      release();
      await flushed;
      table.isDown = false;
      await writes.flush();
      expect(table.statements.map((each) => Object.entries(each))).toEqual([
        [
          ['a', '1'],
          ['b', '2'],
        ],
        [
          ['a', '1'],
          ['b', '220'],
          ['c', '3'],
        ],
      ]);
    });

    it('sends no further statement until the next flush', async () => {
      const { writes, table } = aWriteBehind(1);
      table.isDown = true;
      for (const key of ['a', 'b', 'c']) writes.note(key, '1');
      await writes.flush();
      expect([table.statements.length, writes.size]).toEqual([1, 3]);
    });

    it('reports the failure once, until a statement succeeds', async () => {
      const { writes, table, warn } = aWriteBehind();
      table.isDown = true;
      writes.note('a', '1');
      await writes.flush();
      await writes.flush();
      expect(warn.mock.calls).toEqual([[down]]);
      table.isDown = false;
      await writes.flush();
      table.isDown = true;
      writes.note('a', '1');
      await writes.flush();
      expect(warn).toHaveBeenCalledTimes(2);
    });
  });

  describe('when a statement stores only some of its values', () => {
    it('keeps the rest, merged with values noted during the statement', async () => {
      const { writes, table } = aWriteBehind();
      table.busy.add('a');
      const release = table.hold();
      writes.note('a', '1');
      writes.note('b', '2');
      const flushed = writes.flush();
      await begun();
      writes.note('a', '10');
      release();
      await flushed;
      expect([writes.size, writes.has('a')]).toEqual([1, true]);
      table.busy.clear();
      await writes.flush();
      expect(Object.fromEntries(table.texts)).toEqual({ a: '110', b: '2' });
    });

    it('tries each key once in a flush, and still runs the later statements', async () => {
      const { writes, table, warn } = aWriteBehind(1);
      table.busy.add('a');
      writes.note('a', '1');
      writes.note('b', '2');
      await writes.flush();
      expect(table.statements).toEqual([{ a: '1' }, { b: '2' }]);
      expect(warn).not.toHaveBeenCalled();
    });
  });

  describe('afterFlush', () => {
    it('runs the work when nothing is pending, even if values are noted during the write', async () => {
      const { writes, table } = aWriteBehind();
      const release = table.hold();
      writes.note('a', '1');
      const done = writes.afterFlush(() => Promise.resolve(writes.size));
      await begun();
      writes.note('b', '2');
      release();
      expect(await done).toBe(0);
      expect(table.statements).toEqual([{ a: '1' }, { b: '2' }]);
    });

    it('makes later writes wait for the work', async () => {
      const { writes, table } = aWriteBehind();
      let finish: () => void = () => undefined;
      const working = writes.afterFlush(() => new Promise<void>((resolve) => (finish = resolve)));
      await begun();
      writes.note('a', '1');
      const flushed = writes.flush();
      await begun();
      expect(table.statements).toEqual([]);
      finish();
      await Promise.all([working, flushed]);
      expect(table.statements).toEqual([{ a: '1' }]);
    });

    it.each<[string, (table: FakeTable) => void]>([
      ['the statement fails', (table) => (table.isDown = true)],
      ['a key is not stored', (table) => table.busy.add('a')],
    ])('rejects and does not run the work when %s, and keeps the values', async (_, hinder) => {
      const { writes, table } = aWriteBehind();
      hinder(table);
      writes.note('a', '1');
      const work = jest.fn(() => Promise.resolve());
      await expect(writes.afterFlush(work)).rejects.toThrow();
      expect(work).not.toHaveBeenCalled();
      expect(writes.has('a')).toBe(true);
    });

    it('rejects with the error of the work, and later writes continue', async () => {
      const { writes, table, warn } = aWriteBehind();
      await expect(writes.afterFlush(() => Promise.reject(down))).rejects.toBe(down);
      writes.note('a', '1');
      await writes.flush();
      expect(table.statements).toEqual([{ a: '1' }]);
      expect(warn).not.toHaveBeenCalled();
    });
  });

  it('stores every value once, in order within its key, for any sequence of operations', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ type: fc.constant('note' as const), key, value: fc.constantFrom('1', '2', '3') }),
      },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('flush' as const), isAwaited: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('down' as const), isDown: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('busy' as const), key, isBusy: fc.boolean() }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 100 }), fc.integer({ min: 1, max: 4 }), async (actions, size) => {
        const { writes, table } = aWriteBehind(size);
        const texts = new Map<string, string>();
        for (const each of actions) {
          if (each.type === 'note') {
            writes.note(each.key, each.value);
            texts.set(each.key, (texts.get(each.key) ?? '') + each.value);
          } else if (each.type === 'down') table.isDown = each.isDown;
          else if (each.type === 'busy') table.busy[each.isBusy ? 'add' : 'delete'](each.key);
          else if (each.isAwaited) await writes.flush();
          else {
            void writes.flush();
            await begun();
          }
        }
        table.isDown = false;
        table.busy.clear();
        await writes.flush();
        expect(table.texts).toEqual(texts);
        expect([writes.size, table.mostUnderWay]).toEqual([0, Math.min(1, table.statements.length)]);
      }),
    );
  });
});
