import { isFull } from './size';

/** Prints what a full run has measured, for docs/reliability.md. A small run measures nothing worth keeping. */
export function report(what: string, figures: Record<string, number | string>): void {
  if (!isFull) return;
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`\n${what}: ${text.join(', ')}\n`);
}
