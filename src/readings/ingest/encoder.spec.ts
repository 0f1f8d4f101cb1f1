import type { EncodedReading, NewReading, UnreadableRecord, UnreadFrame } from '../reading';
import type { EncodedFrame } from './encode-frame';
import { Encoder } from './encoder';
import { aNewReading, anEncodedReading, idsOf } from './ingest.harness';
import { sizeOfNew } from './reading-size';

/** Waits for so many turns of the event loop. */
async function untilTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

/** Room for eight of the waveforms that the tests add. */
const MOST_WAITING_BYTES = 8 * sizeOfNew(aNewReading(0, 10));

/** An encoder whose work ends when the test says so. */
function anEncoder() {
  const here: number[] = [];
  const running = new Map<number, (error?: Error) => void>();
  const frames = new Map<string, { resolve(found: EncodedFrame): void; reject(error: Error): void }>();
  const encoded: EncodedReading[] = [];
  const refused: NewReading[] = [];
  const unreadable: [UnreadFrame, UnreadableRecord][] = [];
  const encode = ({ recordId }: NewReading) =>
    new Promise<EncodedReading>((resolve, reject) => {
      const id = recordId ?? 0;
      running.set(id, (error) => (error ? reject(error) : resolve(anEncodedReading(id))));
    });
  const encodeHere = (reading: NewReading) => {
    here.push(reading.recordId ?? 0);
    return encode(reading);
  };
  const encodeFrame = ({ json }: UnreadFrame) =>
    new Promise<EncodedFrame>((resolve, reject) => frames.set(json.toString(), { resolve, reject }));
  const encoder = new Encoder(
    { encode, encodeHere, encodeFrame, encodeFrameHere: encodeFrame },
    {
      onEncoded: (reading) => void encoded.push(reading),
      onRefused: (reading) => void refused.push(reading),
      onUnreadable: (frame, record) => void unreadable.push([frame, record]),
    },
    MOST_WAITING_BYTES,
  );
  const end = async (id: number, error?: Error) => {
    running.get(id)?.(error);
    running.delete(id);
    await untilTurns(1);
  };
  return { encoder, running, frames, here, encoded, refused, unreadable, end };
}

const aFrame = (text: string): UnreadFrame => ({
  gatewayId: 'gateway-1',
  receivedAt: new Date('2026-05-21T12:07:30.123Z'),
  json: Buffer.from(text),
});

describe('the encoder', () => {
  it('hands readings on in the order in which they came, some waveforms at a time', async () => {
    const { encoder, running, encoded, end } = anEncoder();
    for (let id = 1; id <= 6; id += 1) encoder.add(aNewReading(id, 10));
    await untilTurns(6);
    expect([...running.keys()]).toEqual([1, 2, 3, 4]);
    await end(2);
    await end(4);
    await untilTurns(2);
    expect([idsOf(encoded), [...running.keys()]]).toEqual([[], [1, 3, 5, 6]]);
    await end(1);
    expect([idsOf(encoded), [...running.keys()]]).toEqual([
      [1, 2],
      [3, 5, 6],
    ]);
    for (const id of [6, 5, 3]) await end(id);
    expect(idsOf(encoded)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('starts one waveform in each turn of the event loop', async () => {
    const { encoder, running } = anEncoder();
    for (const id of [1, 2]) encoder.add(aNewReading(id, 10));
    expect([...running.keys()]).toEqual([]);
    await untilTurns(1);
    expect([...running.keys()]).toEqual([1]);
    await untilTurns(1);
    expect([...running.keys()]).toEqual([1, 2]);
  });

  it('hands on readings without a waveform at once, or behind those that came before them', async () => {
    const { encoder, running, encoded, end } = anEncoder();
    encoder.add(aNewReading(1));
    expect([idsOf(encoded), encoder.length]).toEqual([[1], 0]);
    encoder.add(aNewReading(2, 10));
    encoder.add(aNewReading(3));
    await untilTurns(1);
    expect([idsOf(encoded), [...running.keys()], encoder.length]).toEqual([[1], [2], 2]);
    await end(2);
    expect([idsOf(encoded), encoder.length, encoder.bytes]).toEqual([[1, 2, 3], 0, 0]);
  });

  it('hands on what a frame holds in its place: readings, those that are refused, and what cannot be read', async () => {
    const { encoder, frames, encoded, refused, unreadable, end } = anEncoder();
    encoder.add(aNewReading(1, 10));
    const frame = aFrame('two readings');
    encoder.addFrame(frame);
    encoder.add(aNewReading(5));
    expect(encoder.bytes).toBeGreaterThan(frame.json.length);
    await untilTurns(2);
    const record = { kind: 'vibration', serial: null, text: '{}', reason: 'Serial must be a whole number' } as const;
    frames.get('two readings')?.resolve({
      records: [anEncodedReading(2), anEncodedReading(3)],
      refused: [{ record: aNewReading(4, 10), problem: 'too large' }],
      unreadable: [record],
    });
    await untilTurns(1);
    expect(encoded).toEqual([]);
    await end(1);
    expect([idsOf(encoded), idsOf(refused), unreadable]).toEqual([[1, 2, 3, 5], [4], [[frame, record]]]);
    expect(encoded[1]).toMatchObject({ gatewayId: 'gateway-1', receivedAt: frame.receivedAt, origin: 'live' });
  });

  it('keeps a frame as text that the other thread fails to read', async () => {
    const { encoder, frames, unreadable } = anEncoder();
    encoder.addFrame(aFrame('a frame'));
    await untilTurns(1);
    frames.get('a frame')?.reject(new RangeError('out of range'));
    await untilTurns(1);
    expect(unreadable).toMatchObject([[{}, { serial: null, text: '"a frame"', reason: 'out of range' }]]);
    expect(encoder.length).toBe(0);
  });

  it('encodes on the main thread what comes while many wait, also when the other thread has enough', async () => {
    const { encoder, running, here } = anEncoder();
    for (let id = 1; id <= 8; id += 1) encoder.add(aNewReading(id, 10));
    expect([...running.keys()]).toEqual([]);
    for (let id = 9; id <= 11; id += 1) encoder.add(aNewReading(id, 10));
    expect([[...running.keys()], here]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    await untilTurns(3);
    expect([[...running.keys()], here]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3],
    ]);
    encoder.add(aNewReading(12, 10));
    expect([[...running.keys()], here]).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3],
    ]);
    encoder.add(aNewReading(13, 10));
    expect([[...running.keys()], here]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 5],
    ]);
  });

  it('goes on after a reading that cannot be encoded', async () => {
    const { encoder, encoded, refused, end } = anEncoder();
    for (let id = 1; id <= 3; id += 1) encoder.add(aNewReading(id, 10));
    await untilTurns(3);
    await end(2, new RangeError('too large'));
    await end(3);
    await end(1);
    expect([idsOf(encoded), idsOf(refused)]).toEqual([[1, 3], [2]]);
  });

  it('counts the memory of what it has, and tells when it has nothing', async () => {
    const { encoder, end } = anEncoder();
    await encoder.whenIdle();
    encoder.add(aNewReading(1, 1000));
    encoder.add(aNewReading(2, 1000));
    expect(encoder.bytes).toBeGreaterThan(16_000);
    await untilTurns(2);
    let isIdle = false;
    const idle = encoder.whenIdle().then(() => (isIdle = true));
    await end(1);
    expect([isIdle, encoder.length]).toEqual([false, 1]);
    await end(2);
    await idle;
    expect([encoder.bytes, encoder.length]).toEqual([0, 0]);
  });

  it('hands on nothing after it was abandoned', async () => {
    const { encoder, encoded, end } = anEncoder();
    for (let id = 1; id <= 3; id += 1) encoder.add(aNewReading(id, 10));
    await untilTurns(2);
    await end(2);
    expect(encoder.abandon()).toEqual(['vibration', 'vibration', 'vibration']);
    await end(1);
    expect([idsOf(encoded), encoder.bytes, encoder.length]).toEqual([[], 0, 0]);
  });
});
