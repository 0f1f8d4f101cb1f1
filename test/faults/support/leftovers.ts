import { runInThisContext } from 'node:vm';

// Jest gives a suite a copy of `process` that receives no events. This is the real one.
const realProcess = runInThisContext('process') as NodeJS.Process;

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Errors that were not handled. */
export interface Unhandled {
  readonly errors: readonly unknown[];
  stop(): void;
}

/** Collects unhandled errors in place of Jest, which could not tell to which run they belong. */
export function collectUnhandled(): Unhandled {
  const errors: unknown[] = [];
  const collect = (error: unknown): unknown => errors.push(error);
  const restore = EVENTS.map((event) => replaceListeners(event, collect));
  return { errors, stop: () => restore.forEach((act) => act()) };
}

/** What keeps this process alive: counts of timers, sockets, listeners and so on. */
export function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The resources of which there are more than before, not counting the listeners of `listening` devices. */
export function moreResources(before: ReadonlyMap<string, number>, listening: number): [string, number][] {
  const left = resources();
  left.set('TCPServerWrap', (left.get('TCPServerWrap') ?? 0) - listening);
  return [...left].filter(([name, count]) => count > (before.get(name) ?? 0));
}

function replaceListeners(event: (typeof EVENTS)[number], listener: (error: unknown) => void): () => void {
  const replaced = realProcess.rawListeners(event) as ((...args: unknown[]) => void)[];
  realProcess.removeAllListeners(event);
  realProcess.on(event, listener);
  return () => {
    realProcess.off(event, listener);
    for (const each of replaced) realProcess.on(event, each);
  };
}
