import type { Link } from './link';

/** The service sends a sign of life every 15 seconds: two of them are missing. */
export const SILENCE_MS = 35_000;
/** A stream that ends is opened again within this time if the service is well. */
export const GRACE_MS = 3000;

/** Since when the page may not be true any more, in milliseconds since 1970; null while it is live. */
export function staleSince(link: Link, now: number): number | null {
  const silent = now - link.newsAt;
  const tolerated = link.status === 'live' ? SILENCE_MS : link.status === 'refused' ? 0 : GRACE_MS;
  return silent > tolerated ? link.newsAt : null;
}
