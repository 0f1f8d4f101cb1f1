import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Number of names whose last result is remembered. */
const MAX_REMEMBERED = 20_000;

/** Notified of the progress of a look-up: first `onTurn`, then one of the others, unless the look-up is abandoned. */
export interface LookUpListener {
  /** The look-up starts, or is already running for another caller. */
  onTurn(): void;
  onFound(addresses: LookupAddress[]): void;
  onNotFound(error: Error): void;
}

/** A caller's request for the addresses of a host. */
export interface LookUp {
  /** Moves the name ahead of all others that wait. */
  hurry(): void;
  /** Detaches the listener. A name that still waits is removed once it has no listeners. */
  abandon(): void;
}

/** The queues in order of priority. `failed` holds names whose last look-up failed. */
const QUEUES = ['urgent', 'known', 'unknown', 'failed'] as const;

type Queue = (typeof QUEUES)[number];

/** A name with at least one listener. */
interface Wanted {
  readonly host: string;
  readonly listeners: Set<LookUpListener>;
  /** Null once the look-up runs. */
  queue: Queue | null;
}

type Find = (host: string) => Promise<LookupAddress[]>;

/**
 * Resolves host names so that names that do not exist, or whose name server does not answer, do not delay the others.
 *
 * A look-up blocks a thread until the system answers, for up to half a minute, and cannot be cancelled. Names whose last look-up failed
 * therefore share a reserve of one eighth of the look-ups. Of the rest, names that resolved last time may use all, hurried names 7/8,
 * new names on arrival 3/4, and new names from the queue 1/2. So a new name usually starts at once, even while many names that do not
 * exist are waiting.
 */
export class HostResolver {
  private readonly wanted = new Map<string, Wanted>();
  private readonly queues: Record<Queue, Set<Wanted>> = {
    urgent: new Set(),
    known: new Set(),
    unknown: new Set(),
    failed: new Set(),
  };
  /** Look-ups in progress: of names that failed last time, and of all others. */
  private readonly running = { failed: 0, others: 0 };
  /** Whether each name resolved last time, least recently looked up first. */
  private readonly outcomes = new Map<string, boolean>();
  private readonly limits: { failed: number; urgent: number; known: number; unknown: number; backlog: number };

  /** @param atOnce look-ups that the system runs concurrently */
  constructor(
    atOnce: number,
    private readonly find: Find = (host) => lookup(host, { all: true }),
  ) {
    const failed = Math.max(1, Math.floor(atOnce / 8));
    const others = Math.max(1, atOnce - failed);
    const share = (part: number) => Math.max(1, Math.floor(others * part));
    this.limits = { failed, urgent: share(7 / 8), known: others, unknown: share(3 / 4), backlog: share(1 / 2) };
  }

  /** Resolves a host, with one look-up for all concurrent callers; an IP address needs none. Never calls the listener synchronously. */
  lookUp(host: string, listener: LookUpListener): LookUp {
    const family = isIP(host);
    if (family !== 0) return resolvedAddress([{ address: host, family }], listener);

    const known = this.wanted.get(host);
    const wanted = known ?? this.want(host);
    wanted.listeners.add(listener);
    process.nextTick(() => {
      if (!known) this.arrive(wanted);
      else if (wanted.queue === null && wanted.listeners.has(listener)) listener.onTurn();
    });
    return {
      hurry: () => this.hurry(wanted),
      abandon: () => this.abandon(wanted, listener),
    };
  }

  private want(host: string): Wanted {
    const outcome = this.outcomes.get(host);
    const queue = outcome === undefined ? 'unknown' : outcome ? 'known' : 'failed';
    const wanted: Wanted = { host, listeners: new Set(), queue };
    this.wanted.set(host, wanted);
    this.queues[queue].add(wanted);
    return wanted;
  }

  private arrive(wanted: Wanted): void {
    this.startWaiting();
    const { others } = this.running;
    if (wanted.queue === 'unknown' && others < this.limits.unknown && this.queues.unknown.has(wanted)) {
      this.start(wanted);
    }
  }

  private hurry(wanted: Wanted): void {
    if (wanted.queue === null || !this.queues[wanted.queue].delete(wanted)) return;
    wanted.queue = 'urgent';
    this.queues.urgent.add(wanted);
    process.nextTick(() => this.startWaiting());
  }

  private abandon(wanted: Wanted, listener: LookUpListener): void {
    wanted.listeners.delete(listener);
    if (wanted.queue === null || wanted.listeners.size > 0) return;
    this.queues[wanted.queue].delete(wanted);
    this.wanted.delete(wanted.host);
  }

  private startWaiting(): void {
    const { running, limits, queues } = this;
    for (const queue of QUEUES) {
      for (const wanted of queues[queue]) {
        const limit = queue === 'unknown' ? limits.backlog : limits[queue];
        if (running[queue === 'failed' ? 'failed' : 'others'] >= limit) break;
        this.start(wanted);
      }
    }
  }

  private start(wanted: Wanted): void {
    const { queue, host } = wanted;
    if (queue === null) return;
    this.queues[queue].delete(wanted);
    wanted.queue = null;
    const share = queue === 'failed' ? 'failed' : 'others';
    this.running[share] += 1;
    const over = (isFound: boolean, tell: (listener: LookUpListener) => void) => {
      this.running[share] -= 1;
      this.wanted.delete(host);
      this.remember(host, isFound);
      this.startWaiting();
      for (const listener of wanted.listeners) tell(listener);
    };
    for (const listener of wanted.listeners) listener.onTurn();
    void this.ask(host).then(
      (addresses) => over(true, (listener) => listener.onFound(addresses)),
      (error: unknown) => over(false, (listener) => listener.onNotFound(error as Error)),
    );
  }

  /** A name without addresses counts as not found. */
  private async ask(host: string): Promise<LookupAddress[]> {
    const addresses = (await this.find(host)).filter(({ address }) => isIP(address) !== 0);
    if (addresses.length === 0) throw new Error('the name has no address');
    return addresses.map(({ address }) => ({ address, family: isIP(address) }));
  }

  private remember(host: string, isFound: boolean): void {
    this.outcomes.delete(host);
    this.outcomes.set(host, isFound);
    const [oldest] = this.outcomes.keys();
    if (oldest !== undefined && this.outcomes.size > MAX_REMEMBERED) this.outcomes.delete(oldest);
  }
}

function resolvedAddress(addresses: LookupAddress[], listener: LookUpListener): LookUp {
  let isAbandoned = false;
  process.nextTick(() => {
    if (isAbandoned) return;
    listener.onTurn();
    listener.onFound(addresses);
  });
  return { hurry: () => undefined, abandon: () => (isAbandoned = true) };
}
