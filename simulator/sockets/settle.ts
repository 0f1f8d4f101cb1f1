import { setImmediate } from 'node:timers/promises';

/** Data may have to pass through client and gateway, which share an event loop in tests. Each direction takes a turn or two. */
const TURNS = 10;

/** Resolves when data that has already arrived at the sockets of this process has been read, even after a stall. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
}
