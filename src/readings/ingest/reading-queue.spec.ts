import { anEncodedReading, anEncodedWaveform, idsOf } from './ingest.harness';
import { ReadingQueue } from './reading-queue';
import { sizeOfEncoded } from './reading-size';

describe('readings that wait in memory', () => {
  it('leave in their order, in batches that are limited in number and size', () => {
    const queue = new ReadingQueue();
    for (let id = 1; id <= 5; id += 1) queue.push(id === 3 ? anEncodedWaveform(id, 10_000) : anEncodedReading(id));
    expect(idsOf(queue.takeBatch({ readings: 2, bytes: 1e6 }))).toEqual([1, 2]);
    expect(idsOf(queue.takeBatch({ readings: 9, bytes: 10_000 }))).toEqual([3]);
    expect(queue.length).toBe(2);
    expect(queue.bytes).toBe(2 * sizeOfEncoded(anEncodedReading(4)));
    expect(idsOf(queue.takeAll())).toEqual([4, 5]);
    expect([queue.length, queue.bytes, queue.takeBatch({ readings: 2, bytes: 1 })]).toEqual([0, 0, []]);
  });

  it('are counted with their blocks and their unknown fields', () => {
    const plain = sizeOfEncoded(anEncodedReading(1));
    expect(sizeOfEncoded(anEncodedReading(1, { extra: { Note: 'x'.repeat(1000) } }))).toBeGreaterThan(plain + 2000);
    expect(sizeOfEncoded(anEncodedWaveform(1, 500))).toBeGreaterThan(plain + 1000);
  });
});
