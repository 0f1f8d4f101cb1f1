import { SILENCE_MS } from './staleness';
import { followStream } from './stream-reader';
import type { StreamEvent } from './stream-reader';

/** A service whose streams the test writes. */
function aService() {
  const requests: {
    lastId: string | null;
    signal: AbortSignal | null | undefined;
    write: (text: string) => void;
    end: () => void;
  }[] = [];
  let refusal: Response | null = null;
  const fetch = (_url: unknown, { headers, signal }: RequestInit = {}): Promise<Response> => {
    if (refusal) return Promise.resolve(refusal);
    return new Promise((resolve, reject) => {
      const encoder = new TextEncoder();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          signal?.addEventListener('abort', () => {
            controller.error(new Error('aborted'));
            reject(new Error('aborted'));
          });
          requests.push({
            lastId: new Headers(headers).get('last-event-id'),
            signal,
            write: (text) => controller.enqueue(encoder.encode(text)),
            end: () => controller.close(),
          });
        },
      });
      resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    });
  };
  return { requests, fetch: fetch as typeof globalThis.fetch, refuse: (response: Response) => (refusal = response) };
}

function follow(service: ReturnType<typeof aService>) {
  const [events, gaps]: [StreamEvent[], (string | null)[]] = [[], []];
  const stop = new AbortController();
  const ended = followStream(
    { url: 'http://hub/api/events', lastId: '', signal: stop.signal, fetch: service.fetch },
    { onNews: () => undefined, onEvent: (event) => events.push(event), onGap: (code) => gaps.push(code) },
  );
  return { events, gaps, stop: () => (stop.abort(), ended) };
}

// The bodies of responses are read with `queueMicrotask`.
beforeEach(() => jest.useFakeTimers({ doNotFake: ['queueMicrotask'] }));
afterEach(() => jest.useRealTimers());

const settle = () => jest.advanceTimersByTimeAsync(0);

describe('the reader of the stream', () => {
  it('opens it again after it has ended, and goes on after the last event', async () => {
    const service = aService();
    const { events, gaps, stop } = follow(service);
    await settle();
    service.requests[0]?.write('event: state\nid: boot-4\ndata: {"id":"a"}\n\n');
    await settle();
    expect(events).toEqual([{ name: 'state', data: '{"id":"a"}' }]);
    service.requests[0]?.end();
    await settle();
    expect(gaps).toEqual([null]);
    await jest.advanceTimersByTimeAsync(2000);
    expect(service.requests.map(({ lastId }) => lastId)).toEqual([null, 'boot-4']);
    await stop();
  });

  it('gives up a stream that is silent, and not one with signs of life', async () => {
    const service = aService();
    const { gaps, stop } = follow(service);
    await settle();
    await jest.advanceTimersByTimeAsync(SILENCE_MS - 1000);
    service.requests[0]?.write(': alive\n\n');
    await jest.advanceTimersByTimeAsync(SILENCE_MS - 1000);
    expect(gaps).toEqual([]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(gaps).toEqual([null]);
    await stop();
  });

  it('opens no stream after it was stopped while it waited', async () => {
    const service = aService();
    const { stop } = follow(service);
    await settle();
    service.requests[0]?.end();
    await settle();
    await stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(service.requests).toHaveLength(1);
  });

  it('says by its code why the service refuses the stream', async () => {
    const service = aService();
    service.refuse(Response.json({ error: { code: 'TOO_MANY_STREAMS' } }, { status: 503 }));
    const { gaps, stop } = follow(service);
    await settle();
    expect(gaps).toEqual(['TOO_MANY_STREAMS']);
    await stop();
  });
});
