import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedReading } from '../../src/readings/reading';
import { anEncodedReading, anEncodedWaveform, idsOf } from '../../src/readings/ingest/ingest.harness';
import { Spool } from '../../src/readings/ingest/spool/spool';
import type { SpoolOptions } from '../../src/readings/ingest/spool/spool';
import { FILE_MARK } from '../../src/readings/ingest/spool/spool-file';
import { toSpoolRecord } from '../../src/readings/ingest/spool/spool-record';

let root: string;
let lost: number[];
let damage: number[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spool-'));
  lost = [];
  damage = [];
});
afterEach(() => rm(root, { recursive: true }));

function aSpool(changes: Partial<SpoolOptions> = {}): Spool {
  return new Spool({
    ...{ directory: join(root, 'spool'), owner: 'this', maxBytes: 1e9, maxPendingBytes: 1e9 },
    onLost: (readings) => lost.push(...idsOf(readings).map(Number)),
    onDamage: (_, bytes) => damage.push(bytes),
    ...changes,
  });
}

const filesIn = (folder = 'spool') => readdir(join(root, folder)).catch(() => []);

/** Reads the spool to its end, in batches of this size. */
async function takeAll(spool: Spool, size = 3): Promise<EncodedReading[]> {
  const all: EncodedReading[] = [];
  while (spool.hasUnread) all.push(...(await spool.takeBatch((batch) => batch.length === size)));
  return all;
}

/** Writes a spool with these readings, as a process that is gone. */
async function leave(readings: readonly EncodedReading[], changes: Partial<SpoolOptions> = {}): Promise<void> {
  const spool = aSpool({ owner: 'gone', ...changes });
  await spool.open();
  for (const reading of readings) expect(spool.append(reading)).toBe(true);
  await spool.close();
}

const some = (count: number, from = 1) => Array.from({ length: count }, (_, at) => anEncodedWaveform(from + at));

describe('the spool', () => {
  it('makes no folder while it has nothing to write', async () => {
    const spool = aSpool();
    await spool.open();
    await spool.sync();
    await spool.close();
    expect(await readdir(root)).toEqual([]);
  });

  it('returns readings whole and in order, those too that are appended meanwhile', async () => {
    const spool = aSpool();
    await spool.open();
    some(5).forEach((reading) => spool.append(reading));
    const first = await spool.takeBatch((batch) => batch.length === 3);
    some(4, 6).forEach((reading) => spool.append(reading));
    const rest = await takeAll(spool);
    expect([...first, ...rest]).toEqual(some(9));
    expect(lost).toEqual([]);
    await spool.close();
  });

  it('deletes a file when all its readings are stored, and not before', async () => {
    const spool = aSpool({ fileBytes: 1 });
    await spool.open();
    for (const reading of some(3)) {
      spool.append(reading);
      await spool.sync(); // Each has a file of its own.
    }
    expect(await filesIn()).toHaveLength(3);
    await spool.takeBatch((batch) => batch.length === 2);
    expect(await filesIn()).toHaveLength(3);
    await spool.release();
    expect(await filesIn()).toHaveLength(1);
    await takeAll(spool);
    await spool.release();
    expect([await filesIn(), spool.bytes]).toEqual([[], 0]);
    await spool.close();
  });

  it('takes over what another process has left, ahead of its own, and again if it is not stored', async () => {
    await leave(some(4));
    const second = aSpool({ owner: 'second' });
    await second.open();
    expect(await filesIn()).toEqual([expect.stringMatching(/-second\.spool$/)]);
    second.append(anEncodedReading(5));
    expect(idsOf(await takeAll(second))).toEqual([1, 2, 3, 4, 5]);
    await second.close();

    const third = aSpool({ owner: 'third' });
    await third.open();
    expect(idsOf(await takeAll(third))).toEqual([1, 2, 3, 4, 5]);
    await third.close();
  });

  it('leaves other files and other folders alone', async () => {
    await leave(some(1));
    await leave(some(1), { directory: join(root, 'other') });
    await writeFile(join(root, 'spool', 'note.txt'), 'hello');
    const spool = aSpool();
    await spool.open();
    await takeAll(spool);
    await spool.release();
    expect([await filesIn(), await filesIn('other')]).toEqual([['note.txt'], [expect.stringMatching(/-gone\.spool$/)]]);
    await spool.close();
  });

  it('stores readings ahead of all others', async () => {
    await leave(some(2, 11));
    const spool = aSpool();
    await spool.open();
    spool.append(anEncodedReading(21));
    await spool.takeBatch((batch) => batch.length === 1);
    expect(await spool.prepend(some(3))).toEqual([]);
    await spool.close();

    const next = aSpool();
    await next.open();
    expect(idsOf(await takeAll(next))).toEqual([1, 2, 3, 11, 12, 21]);
    await next.close();
  });

  it('refuses waveforms first and small readings last when it is full', async () => {
    const spool = aSpool({ maxBytes: 10_000 });
    await spool.open();
    let taken = 0;
    while (spool.append(anEncodedWaveform(taken))) taken += 1;
    expect(taken).toBeGreaterThan(5);
    let small = 0;
    while (spool.append(anEncodedReading(small))) small += 1;
    expect(small).toBeGreaterThan(0);
    await spool.sync();
    expect(spool.bytes).toBeLessThanOrEqual(10_000);
    expect(await spool.prepend(some(1))).toEqual(some(1));
    await spool.close();
  });

  it('refuses readings while too many wait for the disk', async () => {
    const spool = aSpool({ maxPendingBytes: 1000 });
    await spool.open();
    const accepted = some(10).map((reading) => spool.append(reading));
    expect(accepted.slice(0, 1)).toEqual([true]);
    expect(accepted.at(-1)).toBe(false);
    await spool.sync();
    expect(spool.append(anEncodedWaveform(11))).toBe(true);
    await spool.close();
  });

  it('says what could not be written, and refuses more for a while', async () => {
    await writeFile(join(root, 'file'), '');
    const spool = aSpool({ directory: join(root, 'file', 'spool') });
    await spool.open();
    some(3).forEach((reading) => spool.append(reading));
    await spool.sync();
    expect(lost).toEqual([1, 2, 3]);
    expect([spool.append(anEncodedReading(4)), spool.bytes, spool.hasUnread]).toEqual([false, 0, false]);
    expect(await spool.prepend(some(2))).toEqual(some(2));
    await spool.close();
  });
});

describe('a file that was cut off or damaged', () => {
  /** The file of three readings, and where each record ends. */
  async function aFile(): Promise<{ path: string; bytes: Buffer; ends: number[] }> {
    const readings = [anEncodedWaveform(1, 20), anEncodedReading(2), anEncodedWaveform(3, 20)];
    await leave(readings);
    const [name = ''] = await filesIn();
    const path = join(root, 'spool', name);
    let end = FILE_MARK.length;
    const ends = readings.map((reading) => (end += toSpoolRecord(reading).length));
    return { path, bytes: await readFile(path), ends };
  }

  async function idsIn(path: string, bytes: Buffer): Promise<(number | null)[]> {
    await writeFile(path, bytes);
    const spool = aSpool({ owner: 'gone' });
    await spool.open();
    const ids = idsOf(await takeAll(spool));
    await spool.close();
    return ids;
  }

  it('is read to the last whole record, wherever it was cut off', async () => {
    const { path, bytes, ends } = await aFile();
    expect(bytes).toHaveLength(ends.at(-1) ?? 0);
    for (let length = 0; length <= bytes.length; length += 1) {
      damage = [];
      const whole = ends.filter((end) => end <= length);
      expect(await idsIn(path, bytes.subarray(0, length))).toEqual([1, 2, 3].slice(0, whole.length));
      const used = whole.at(-1) ?? (length < FILE_MARK.length ? 0 : FILE_MARK.length);
      expect(damage).toEqual(length > used ? [length - used] : []);
    }
  });

  it('is read to the last whole record before a byte that has changed', async () => {
    const { path, bytes, ends } = await aFile();
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      const before = at < FILE_MARK.length ? 0 : ends.filter((end) => end <= at).length;
      expect(await idsIn(path, changed)).toEqual([1, 2, 3].slice(0, before));
    }
  });

  it('is read to the last whole record before zeros', async () => {
    const { path, bytes } = await aFile();
    expect(await idsIn(path, Buffer.concat([bytes, Buffer.alloc(5000)]))).toEqual([1, 2, 3]);
    expect(damage).toEqual([5000]);
  });
});
