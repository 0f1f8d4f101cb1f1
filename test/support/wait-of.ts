import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';

/** The wait before the next attempt as its session has granted it, in milliseconds. NaN if no attempt is scheduled. */
export function waitOf({ since, next_retry_at }: ConnectionStatusDto): number {
  return Date.parse(next_retry_at ?? '') - Date.parse(since);
}
