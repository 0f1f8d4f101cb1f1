import { setTimeout as sleep } from 'node:timers/promises';
import { isFull } from './size';

const EVERY_MS = 2000;
const ALIKE = 5;
const TOLERANCE = 0.01;
const MOST = 45;

/** Reads a figure until it is stable for ten seconds, for a minute and a half at most. A small run reads it once. */
export async function settled(read: () => number): Promise<number> {
  const values = [read()];
  while (isFull && values.length < MOST) {
    await sleep(EVERY_MS);
    values.push(read());
    const last = values.slice(-ALIKE - 1);
    if (last.length > ALIKE && Math.max(...last) - Math.min(...last) < TOLERANCE * Math.max(...last)) break;
  }
  return values.at(-1) ?? NaN;
}
