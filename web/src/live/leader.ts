import type { Link } from './link';
import { openingLink } from './link';
import { followStream } from './stream-reader';
import type { StreamEvent } from './stream-reader';

const NAME = 'hub-stream';
/** A tab that nobody has looked at for so long gives up its part in the stream. */
const HIDDEN_MS = 300_000;

/** What the tab with the stream tells the others. */
type Message = { readonly link: Link } | { readonly event: StreamEvent; readonly lastId: string };

export interface LiveListener {
  onLink(link: Link): void;
  onEvent(event: StreamEvent): void;
}

/**
 * One stream for all tabs of a browser, which would otherwise use up its six connections to a server: the tab that holds the lock reads
 * it, and tells the others. Without locks, as on plain HTTP, every tab has its own. Returns a function that ends it.
 */
export function joinStream(url: string, listener: LiveListener): () => void {
  const channel = new BroadcastChannel(NAME);
  const end = new AbortController();
  let link = openingLink(Date.now());
  let lastId = '';
  let part: AbortController | null = null;

  const setLink = (changes: Partial<Link>): void => {
    link = { ...link, ...changes };
    listener.onLink(link);
    channel.postMessage({ link } satisfies Message);
  };
  const read = (signal: AbortSignal): Promise<void> =>
    followStream(
      { url, lastId, signal, fetch: window.fetch.bind(window) },
      {
        onNews: () => setLink({ status: 'live', code: null, newsAt: Date.now() }),
        onEvent: (event, id) => {
          lastId = id;
          listener.onEvent(event);
          channel.postMessage({ event, lastId } satisfies Message);
        },
        onGap: (code) => setLink({ status: code === null ? 'lost' : 'refused', code }),
      },
    );

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if ('link' in data) {
      link = data.link;
      listener.onLink(link);
    } else {
      lastId = data.lastId;
      listener.onEvent(data.event);
    }
  };

  const takePart = (): void => {
    if (part) return;
    part = new AbortController();
    const { signal } = part;
    void lead(signal, () => read(signal));
  };
  const leave = (): void => {
    part?.abort();
    part = null;
  };
  const stopWatching = watchVisibility(takePart, leave);
  takePart();
  end.signal.addEventListener('abort', () => {
    stopWatching();
    leave();
    channel.close();
  });
  return () => end.abort();
}

/** Waits for the lock, then reads until the signal aborts. */
async function lead(signal: AbortSignal, read: () => Promise<void>): Promise<void> {
  // Only secure contexts have locks: HTTPS, and this machine.
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks) return read();
  // An abort while it waits rejects; the tab then has no part in the stream any more.
  await locks.request(NAME, { signal }, read).catch(() => undefined);
}

/** Calls `hide` when the tab has been hidden for long, and `show` when it is looked at again. */
function watchVisibility(show: () => void, hide: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') timer = setTimeout(hide, HIDDEN_MS);
    else show();
  };
  document.addEventListener('visibilitychange', look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
