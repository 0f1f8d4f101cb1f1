import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { encodeFrame } from '../../src/readings/ingest/encode-frame';
import { EncodingThread, ThreadEndedError } from '../../src/readings/ingest/encoding-thread';
import { encodeWaveform } from '../../src/readings/storage/codec/encode-reading';

/** As the build leaves it. */
const PROGRAM = resolve('dist/src/readings/ingest/encoding-worker.js');
const RATE_HZ = 25_600;

const waves = (count: number) =>
  Float64Array.from({ length: count }, (_, index) => Math.round(5000 * Math.sin(index * index)) / 1e4);

describe('the encoding thread', () => {
  let thread: EncodingThread;
  beforeEach(() => (thread = new EncodingThread(PROGRAM)));
  afterEach(() => thread.stop());

  it.each([
    ['three axes', { x: waves(4096), y: waves(4095), z: waves(1) }, RATE_HZ],
    ['an axis without samples', { x: waves(4096), y: new Float64Array(0) }, RATE_HZ],
    ['no sample rate', { x: waves(4096) }, null],
    ['nothing', {}, RATE_HZ],
  ])('answers what the main thread would, with %s', async (_, waveform, rate) => {
    const answer = await thread.encode(waveform, rate);
    expect(answer).toEqual(await encodeWaveform(waveform, rate));
    for (const { block } of Object.values(answer.axes)) expect(Buffer.isBuffer(block)).toBe(true);
  });

  it('reads a frame as the main thread would, whatever is wrong in it', async () => {
    const records = [
      { Serial: 7, ID: 1, Time: '2026-05-21 14:07', X: [...waves(4096)], Y: [...waves(100)], Note: 'kept' },
      { Serial: 8, ID: 2, X: [1e39] },
      { Serial: 7, ID: 3, X: 'not a number' },
      { Serial: 9, ID: 4, Z: [...waves(4096)] },
    ];
    const json = Buffer.from(JSON.stringify({ Type: 'NOT_DYN_READING', Data: records }));
    const rates = new Map([[7, RATE_HZ]]);
    const shared = Buffer.from(new SharedArrayBuffer(json.length));
    json.copy(shared); // As the receiver of a socket puts it together.
    const frame = await thread.encodeFrame(shared, rates);
    expect(frame).toEqual(await encodeFrame(json, rates));
    expect(await thread.encodeFrame(json, rates)).toEqual(frame);
    expect(frame.records.map(({ recordId, velocities }) => [recordId, velocities !== null])).toEqual([
      [1, true],
      [4, false],
    ]);
    expect(frame.refused).toMatchObject([{ record: { serial: 8 }, problem: expect.any(String) as string }]);
    expect(frame.unreadable).toMatchObject([{ serial: 7, reason: expect.stringMatching(/^X /) as string }]);
    expect(Buffer.isBuffer(frame.records[0]?.axes.x?.block)).toBe(true);
    expect(shared.equals(json)).toBe(true); // Not handed over: it is needed again if the thread ends.
  });

  it('answers many at once, each with its own', async () => {
    const lengths = Array.from({ length: 50 }, (_, index) => index + 1);
    const answers = await Promise.all(lengths.map((length) => thread.encode({ x: waves(length) }, null)));
    expect(answers.map(({ samples }) => samples)).toEqual(lengths);
  });

  it('refuses samples as the main thread does, and goes on', async () => {
    const wrong = encodeWaveform({ x: Float64Array.of(NaN) }, null);
    await expect(wrong).rejects.toThrow(RangeError);
    await expect(thread.encode({ x: Float64Array.of(NaN) }, null)).rejects.toThrow(RangeError);
    expect(await thread.encode({ x: waves(3) }, null)).toMatchObject({ samples: 3 });
  });

  it('says so if it ends before the answer, and starts again', async () => {
    const waiting = thread.encode({ x: waves(2 ** 18) }, null);
    const ended = expect(waiting).rejects.toThrow(ThreadEndedError);
    await setImmediate();
    await thread.stop();
    await ended;
    expect(await thread.encode({ x: waves(3) }, null)).toMatchObject({ samples: 3 });
  });

  it('says so if its program cannot be run', async () => {
    const broken = new EncodingThread(resolve('dist/no-such-program.js'));
    await expect(broken.encode({ x: waves(3) }, null)).rejects.toThrow(ThreadEndedError);
    await broken.stop();
  });
});
