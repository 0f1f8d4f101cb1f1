import type { Link } from './link';
import { openingLink } from './link';
import { followStream } from './stream-reader';
import type { StreamEvent } from './stream-reader';

const NAME = 'hub-stream';
/** A tab that nobody has looked at for so long gives up its part in the stream. */
const HIDDEN_MS = 300_000;
/** Signs of life are passed on no more often than this while the stream is live. */
const NEWS_MS = 1000;
/** Events are told to the other tabs together: while much happens, a message for each keeps every tab busy. */
const TOGETHER_MS = 250;

/** What the tab with the stream tells the others. */
type Message = { readonly link: Link } | { readonly events: readonly StreamEvent[]; readonly lastId: string };

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
  let untold: StreamEvent[] = [];
  let telling: ReturnType<typeof setTimeout> | undefined;

  const setLink = (changes: Partial<Link>): void => {
    link = { ...link, ...changes };
    listener.onLink(link);
    channel.postMessage({ link } satisfies Message);
  };
  /** If this tab is closed before that, the next one reads them again: it asks for what came after the last that it was told. */
  const tell = (): void => {
    telling = undefined;
    channel.postMessage({ events: untold, lastId } satisfies Message);
    untold = [];
  };
  const onNews = (): void => {
    const newsAt = Date.now();
    if (link.status !== 'live' || newsAt - link.newsAt >= NEWS_MS) setLink({ status: 'live', code: null, newsAt });
  };
  const read = (signal: AbortSignal): Promise<void> =>
    followStream(
      { url, lastId, signal, fetch: window.fetch.bind(window) },
      {
        onNews,
        onEvent: (event, id) => {
          lastId = id;
          listener.onEvent(event);
          untold.push(event);
          telling ??= setTimeout(tell, TOGETHER_MS);
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
      data.events.forEach((event) => listener.onEvent(event));
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
    clearTimeout(telling);
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
