import type { EncodedReading, NewReading } from '../reading';
import { Encoder } from './encoder';
import { aNewReading, anEncodedReading, idsOf } from './ingest.harness';

/** Waits for so many turns of the event loop. */
async function untilTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

/** An encoder whose work ends when the test says so. */
function anEncoder() {
  const here: number[] = [];
  const running = new Map<number, (error?: Error) => void>();
  const encoded: EncodedReading[] = [];
  const refused: NewReading[] = [];
  const encode = ({ recordId }: NewReading) =>
    new Promise<EncodedReading>((resolve, reject) => {
      const id = recordId ?? 0;
      running.set(id, (error) => (error ? reject(error) : resolve(anEncodedReading(id))));
    });
  const encodeHere = (reading: NewReading) => {
    here.push(reading.recordId ?? 0);
    return encode(reading);
  };
  const readings = { encode, encodeHere };
  const encoder = new Encoder(readings, {
    onEncoded: (reading) => void encoded.push(reading),
    onRefused: (reading) => void refused.push(reading),
  });
  const end = async (id: number, error?: Error) => {
    running.get(id)?.(error);
    running.delete(id);
    await untilTurns(1);
  };
  return { encoder, running, here, encoded, refused, end };
}

describe('the encoder', () => {
  it('hands readings on in the order in which they came, some waveforms at a time', async () => {
    const { encoder, running, encoded, end } = anEncoder();
    for (let id = 1; id <= 6; id += 1) encoder.add(aNewReading(id, 10));
    await untilTurns(6);
    expect([...running.keys()]).toEqual([1, 2, 3, 4]);
    await end(2);
    await end(4);
    expect([idsOf(encoded), [...running.keys()]]).toEqual([[], [1, 3]]);
    await end(1);
    await untilTurns(2);
    expect([idsOf(encoded), [...running.keys()]]).toEqual([
      [1, 2],
      [3, 5, 6],
    ]);
    for (const id of [6, 5, 3]) await end(id);
    expect(idsOf(encoded)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('starts one waveform in each turn of the event loop, and readings without one at once', async () => {
    const { encoder, running } = anEncoder();
    encoder.add(aNewReading(1));
    encoder.add(aNewReading(2));
    expect([...running.keys()]).toEqual([1, 2]);
    for (const id of [3, 4]) encoder.add(aNewReading(id, 10));
    encoder.add(aNewReading(5));
    expect([...running.keys()]).toEqual([1, 2]);
    await untilTurns(1);
    expect([...running.keys()]).toEqual([1, 2, 3]);
    await untilTurns(1);
    expect([...running.keys()]).toEqual([1, 2, 3, 4]);
    await untilTurns(1);
    expect([...running.keys()]).toEqual([1, 2, 3, 4, 5]);
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
    for (let id = 1; id <= 3; id += 1) encoder.add(aNewReading(id));
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
    expect(idsOf(encoder.abandon())).toEqual([1, 2, 3]);
    await end(1);
    expect([idsOf(encoded), encoder.bytes, encoder.length]).toEqual([[], 0, 0]);
  });
});
