import { createParser } from 'eventsource-parser';
import { SILENCE_MS } from './staleness';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/** An event of the stream. */
export interface StreamEvent {
  /** `state`, `start`, `reset`, `end` or a later addition. */
  readonly name: string;
  readonly data: string;
}

/** Whom the reader tells what happens. */
export interface StreamListener {
  /** Something arrived, be it only a sign of life. */
  onNews(): void;
  onEvent(event: StreamEvent, lastId: string): void;
  /** The stream ended or cannot be opened; it is tried again. @param code of the service's refusal; null if it did not answer */
  onGap(code: string | null): void;
}

export interface StreamSource {
  readonly url: string;
  /** The last event that is known, to go on after it; empty: none. */
  readonly lastId: string;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

/**
 * Reads the stream of events until the signal aborts, and opens it again whenever it ends, is silent, or is refused. `EventSource`
 * would notice neither silence nor a refusal.
 */
export async function followStream(source: StreamSource, listener: StreamListener): Promise<void> {
  const { signal } = source;
  let { lastId } = source;
  let wait = FIRST_WAIT_MS;
  for (;;) {
    const code = await readOnce(
      { ...source, lastId },
      {
        ...listener,
        onNews: () => listener.onNews(),
        onEvent: (event, id) => {
          if (id !== '') lastId = id;
          wait = FIRST_WAIT_MS;
          listener.onEvent(event, lastId);
        },
      },
    );
    if (signal.aborted) return;
    listener.onGap(code);
    // Spread, so that the browsers of a plant do not all come back in the same moment.
    await sleep(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** One stream, until it ends. Returns the code of a refusal. */
async function readOnce(
  { url, lastId, signal, fetch }: StreamSource,
  listener: StreamListener,
): Promise<string | null> {
  if (signal.aborted) return null; // During the wait: its event is over, and would not end this stream.
  const attempt = new AbortController();
  const giveUp = (): void => attempt.abort();
  signal.addEventListener('abort', giveUp);
  let heardAt = Date.now();
  // Not set anew for each piece of the stream, of which a storm brings hundreds a second.
  let watchdog = setTimeout(function watch() {
    const silent = Date.now() - heardAt;
    if (silent >= SILENCE_MS) giveUp();
    else watchdog = setTimeout(watch, SILENCE_MS - silent);
  }, SILENCE_MS);
  try {
    const headers: Record<string, string> = { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) };
    const response = await fetch(url, { headers, signal: attempt.signal, cache: 'no-store' });
    if (!response.ok || !response.body) return codeOf(await response.json().catch(() => null), response.status);
    const parser = createParser({
      onEvent: ({ event = 'message', data, id = '' }) => listener.onEvent({ name: event, data }, id),
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      heardAt = Date.now();
      listener.onNews();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } catch {
    return null; // It broke, was silent, or nobody answered.
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', giveUp);
    attempt.abort();
  }
}

function codeOf(body: unknown, status: number): string {
  return (body as { error?: { code?: string } } | null)?.error?.code ?? `HTTP_${status}`;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
