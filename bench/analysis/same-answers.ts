import type { Round } from '../support/rounds';

/** Samples have single precision in the bare program. */
const TOLERANCE = 1e-6;

/** Compares the answers of both programs, number by number. @throws Error if they differ */
export async function requireSameFigures(urls: Round<string>, path: string): Promise<void> {
  const [ours, theirs] = [await answerOf(urls.product, path), await answerOf(urls.baseline, path)];
  const difference = differenceOf(ours, theirs, '');
  if (difference !== null) throw new Error(`${path}: the product and the baseline differ at ${difference}`);
}

async function answerOf(url: string, path: string): Promise<unknown> {
  const response = await fetch(url + path);
  if (response.status !== 200) throw new Error(`${url}${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Where two values differ; null if they do not. */
function differenceOf(ours: unknown, theirs: unknown, at: string): string | null {
  if (typeof ours === 'number' && typeof theirs === 'number')
    return Math.abs(ours - theirs) <= TOLERANCE * Math.max(1, Math.abs(ours)) ? null : `${at}: ${ours}, ${theirs}`;
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null)
    return ours === theirs ? null : `${at}: ${String(ours)}, ${String(theirs)}`;
  const [a, b] = [ours as Record<string, unknown>, theirs as Record<string, unknown>];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const difference = differenceOf(a[key], b[key], `${at}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}
