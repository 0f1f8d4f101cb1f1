import { toConnectionStatusDto } from '../status/connection-status.dto';
import { timeOf } from '../common/clock';
import type { ErrorCode } from '../common/error-codes';
import type { GatewayNews } from '../status/connection.registry';
import type { StateChange } from '../status/state-change';
import { isNews } from './fleet-event';
import type { FleetEvent } from './fleet-event';
import { toGatewayNewsDto } from './gateway-news.dto';

// Text in the format of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.

/** How long a client waits before it reconnects. */
const RETRY_MS = 2000;

export function fleetEvent(id: string, event: FleetEvent): string {
  return isNews(event) ? newsEvent(id, event) : stateEvent(id, event);
}

function newsEvent(id: string, news: GatewayNews): string {
  return `event: gateway.${news.what}\nid: ${id}\ndata: ${JSON.stringify(toGatewayNewsDto(news))}\n\n`;
}

/** A state change, with the status at that moment. */
function stateEvent(id: string, change: StateChange): string {
  const status = toConnectionStatusDto(change.status, timeOf(change.at).toISOString());
  return `event: state\nid: ${id}\ndata: ${JSON.stringify(status)}\n\n`;
}

/** Tells the client that it may have missed state changes: it reads the whole fleet again and continues from this id. */
export function resetEvent(id: string): string {
  return `event: reset\nid: ${id}\ndata: {}\n\n`;
}

/** The start of every stream. An event follows at once. */
export const greeting = `: gateway hub\nretry: ${RETRY_MS}\n\n`;

/**
 * The first event of a stream that misses nothing. It carries data because many clients store an id only with data; a client cut off
 * after this event can resume from it. It is not named `open`, which is an event of the browser's EventSource.
 * @param isResumed whether the stream continues from the id that the client sent
 */
export function startEvent(id: string, isResumed: boolean): string {
  return `event: start\nid: ${id}\ndata: {"resumed":${isResumed}}\n\n`;
}

/** The last event of a stream that the service ends for a reason: reconnecting does not help. */
export function endEvent(code: ErrorCode): string {
  return `event: end\ndata: ${JSON.stringify({ code })}\n\n`;
}

/**
 * A comment, plus an id without data: clients see no event. Browsers resume from this id. A client that stores only ids of events
 * resumes from an older one, and neither misses nor repeats anything: no event that passes its filter lies between.
 */
export function heartbeat(id: string): string {
  return `: heartbeat\nid: ${id}\n\n`;
}
