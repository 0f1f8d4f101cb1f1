import { toConnectionStatusDto } from '../connection-status.dto';
import type { ConnectionRecord } from '../connection.registry';

// Text in the format of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.

/** How long a client waits before it connects again. */
const RETRY_MS = 2000;

/** A move, as the status was at that moment. */
export function stateEvent(id: string, record: ConnectionRecord, at: Date): string {
  const status = toConnectionStatusDto(record);
  status.as_of = at.toISOString();
  return `event: state\nid: ${id}\ndata: ${JSON.stringify(status)}\n\n`;
}

/** Says that moves may have been missed: the client reads the whole fleet anew, and goes on from here. */
export function resetEvent(id: string): string {
  return `event: reset\nid: ${id}\ndata: {}\n\n`;
}

/** How every stream begins; an event follows at once. */
export const greeting = `: gateway hub\nretry: ${RETRY_MS}\n\n`;

/**
 * The first event of a stream from which nothing is missing. It has data, since many clients keep an id only when data comes with
 * it: one that is cut off after this resumes from here. (It is not called `open`: that is an event of browsers.)
 * @param isResumed whether the stream goes on from the id that the client sent
 */
export function startEvent(id: string, isResumed: boolean): string {
  return `event: start\nid: ${id}\ndata: {"resumed":${isResumed}}\n\n`;
}

/**
 * A comment, and an id without data: no event for the client. A browser resumes from this id. A client that keeps only ids of
 * events resumes from an older one, and misses nothing by that, nor is sent anything twice: no event that it wants lies between.
 */
export function heartbeat(id: string): string {
  return `: heartbeat\nid: ${id}\n\n`;
}
