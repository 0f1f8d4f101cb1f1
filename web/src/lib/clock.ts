import { useSyncExternalStore } from 'react';

/** A header of whole seconds and the way of the answer make smaller differences meaningless. */
const TOLERATED_MS = 3000;

let offsetMs = 0;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since 1970 by the clock of the service: that of the browser may be wrong. */
export function now(): number {
  return Date.now() + offsetMs;
}

/** @param date the `Date` header of an answer */
export function learnServiceTime(date: string | null): void {
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return;
  const difference = time - Date.now();
  offsetMs = Math.abs(difference) > TOLERATED_MS ? difference : 0;
}

/** Renders again when what `read` returns has changed; it is called every second. */
export function useEverySecond<Value extends string | number | boolean | null>(read: () => Value): Value {
  return useSyncExternalStore(subscribeToSeconds, read);
}

/** Calls `listener` every second. Returns a function that ends it. */
export function subscribeToSeconds(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((listen) => listen()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
