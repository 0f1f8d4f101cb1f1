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

/** The beginning of every stream: without it, a client of a quiet fleet would wait for the headers. */
export function greeting(id: string): string {
  return `: gateway hub\nretry: ${RETRY_MS}\nid: ${id}\n\n`;
}

/** A comment, and an id without data: no event for the client, yet it will resume from there. */
export function heartbeat(id: string): string {
  return `: heartbeat\nid: ${id}\n\n`;
}
