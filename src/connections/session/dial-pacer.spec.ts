/** @jest-environment node */
import { getEventListeners } from 'node:events';
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { DialPacer } from './dial-pacer';
import type { DialPriority } from './dial-pacer';

const never = () => new AbortController().signal;

describe('DialPacer', () => {
  useFakeTimersInTests();

  it('ORCH-04: lets the configured number through each second', async () => {
    const pacer = new DialPacer(100);
    let through = 0;
    for (let i = 0; i < 500; i += 1) void pacer.turn('fresh', never()).then(() => (through += 1));

    await jest.advanceTimersByTimeAsync(1000);
    expect(through).toBeGreaterThanOrEqual(99);
    expect(through).toBeLessThanOrEqual(102);
    await jest.advanceTimersByTimeAsync(4100);
    expect(through).toBe(500);
  });

  it('does not accumulate turns while none are requested', async () => {
    const pacer = new DialPacer(100);
    await jest.advanceTimersByTimeAsync(60_000);
    let through = 0;
    for (let i = 0; i < 100; i += 1) void pacer.turn('fresh', never()).then(() => (through += 1));
    await jest.advanceTimersByTimeAsync(0);
    expect(through).toBeLessThanOrEqual(2);
  });

  it('yields to the event loop after every 16 dials, whatever the rate', async () => {
    const pacer = new DialPacer(1_000_000);
    let through = 0;
    for (let i = 0; i < 100; i += 1) void pacer.turn('fresh', never()).then(() => (through += 1));
    await Promise.resolve();
    const seen = [through];
    while (through < 100) {
      await jest.advanceTimersToNextTimerAsync();
      seen.push(through);
    }
    expect(seen).toEqual([16, 32, 48, 64, 80, 96, 100]);
  });

  it('waits for the next tick only when the rate is reached', async () => {
    let through = 0;
    const take = (pacer: DialPacer) => void pacer.turn('fresh', never()).then(() => (through += 1));
    const fast = new DialPacer(1_000_000);
    for (let i = 0; i < 100; i += 1) take(fast);
    await jest.advanceTimersByTimeAsync(9);
    expect(through).toBe(100);

    const slow = new DialPacer(10);
    for (let i = 0; i < 3; i += 1) take(slow);
    await jest.advanceTimersToNextTimerAsync();
    expect(through).toBe(103);
  });

  it('continues until no dial waits, with fresh and repeated ones in the queue', async () => {
    const pacer = new DialPacer(10);
    let through = 0;
    const take = (priority: DialPriority) => void pacer.turn(priority, never()).then(() => (through += 1));
    (['fresh', 'fresh', 'fresh', 'repeated', 'fresh'] as const).forEach(take);
    await jest.advanceTimersByTimeAsync(1000);
    expect(through).toBe(5);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets fresh dials go before repeated ones that came earlier', async () => {
    const pacer = new DialPacer(10);
    const order: string[] = [];
    for (let i = 0; i < 2; i += 1) void pacer.turn('fresh', never());
    for (const name of ['r1', 'r2']) void pacer.turn('repeated', never()).then(() => order.push(name));
    for (const name of ['f1', 'f2']) void pacer.turn('fresh', never()).then(() => order.push(name));
    await jest.advanceTimersByTimeAsync(1000);
    expect(order).toEqual(['f1', 'f2', 'r1', 'r2']);
  });

  it('gives the turn of an aborted dial to the next one, and leaves no timer', async () => {
    const pacer = new DialPacer(10);
    const leaving = new AbortController();
    for (let i = 0; i < 2; i += 1) void pacer.turn('fresh', never());
    const left = pacer.turn('fresh', leaving.signal);
    const next = jest.fn();
    void pacer.turn('fresh', never()).then(next);
    leaving.abort();
    await left;
    await jest.advanceTimersByTimeAsync(100);
    expect(next).toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('resolves at once when the signal has already aborted, and uses no turn', async () => {
    const pacer = new DialPacer(1);
    await pacer.turn('fresh', AbortSignal.abort());
    for (let i = 0; i < 2; i += 1) await pacer.turn('fresh', never());
    await pacer.turn('fresh', AbortSignal.abort());
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves no listener on the signal, whether it aborts or not', async () => {
    const pacer = new DialPacer(1);
    const [staying, leaving] = [new AbortController(), new AbortController()];
    for (let i = 0; i < 2; i += 1) await pacer.turn('fresh', staying.signal);
    const left = pacer.turn('fresh', leaving.signal);
    leaving.abort();
    await left;
    expect([staying, leaving].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
  });
});
