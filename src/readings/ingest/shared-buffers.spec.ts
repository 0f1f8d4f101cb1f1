import { SharedBuffers } from './shared-buffers';

const MB = 1024 * 1024;

describe('SharedBuffers', () => {
  const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);
  const startOf = (shared: SharedArrayBuffer, length: number) => new Uint8Array(shared).slice(0, length);

  it('copies messages of about the same length into the same memory, once it is given back', () => {
    const buffers = new SharedBuffers(2);
    const [first, second] = [buffers.copyOf(bytes(91_000, 1)), buffers.copyOf(bytes(90_000, 2))];
    expect(startOf(first, 91_000)).toEqual(bytes(91_000, 1));
    expect(second).not.toBe(first);
    buffers.giveBack(first);
    const third = buffers.copyOf(bytes(92_000, 3));
    expect(third).toBe(first);
    expect(startOf(third, 92_000)).toEqual(bytes(92_000, 3));
    expect(startOf(second, 90_000)).toEqual(bytes(90_000, 2));
  });

  it('takes other memory if what is free is too small, and keeps no more than it may, nor a large one', () => {
    const buffers = new SharedBuffers(1);
    const [small, medium, large] = [1000, MB, MB + 1].map((length) => buffers.copyOf(bytes(length)));
    if (!small || !medium || !large) throw new Error('there is no buffer');
    buffers.giveBack(small);
    expect(buffers.copyOf(bytes(200_000))).not.toBe(small);
    buffers.giveBack(medium);
    buffers.giveBack(large);
    expect(buffers.copyOf(bytes(10))).toBe(medium);
    expect(buffers.copyOf(bytes(10))).not.toBe(small);
  });
});
