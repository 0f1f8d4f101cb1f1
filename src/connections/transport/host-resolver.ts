import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { threadPoolSize } from '../../config/thread-pool';

/** So many names are remembered by how their last look-up ended. */
const MAX_REMEMBERED = 20_000;

/** Hears how the look-up of a name goes: its turn, then one of the others, unless it is abandoned. */
export interface LookUpListener {
  /** It begins, or has begun for somebody else. */
  onTurn(): void;
  onFound(addresses: LookupAddress[]): void;
  onNotFound(error: Error): void;
}

/** One wish to know the addresses of a host. */
export interface LookUp {
  /** It goes before all that wait. */
  hurry(): void;
  /** Its listener hears nothing more. A name that is not asked for any more, and was not yet, never will be. */
  abandon(): void;
}

/** The queues, in the order in which they are served: `failed` are names whose last look-up failed. */
const QUEUES = ['urgent', 'known', 'unknown', 'failed'] as const;

type Queue = (typeof QUEUES)[number];

/** A name that somebody waits for. */
interface Wanted {
  readonly host: string;
  readonly listeners: Set<LookUpListener>;
  /** Null when it has been asked for. */
  queue: Queue | null;
}

type Find = (host: string) => Promise<LookupAddress[]>;

/**
 * Finds the addresses of hosts so that names which do not exist, or whose server does not answer, delay no other name.
 *
 * A look-up holds a thread until the system has answered, which may take half a minute, and cannot be called off. So a part of the
 * threads is for names that failed last, which wait for each other alone. Of the rest, names of which nothing is known may have most when
 * they come, and half when they have waited; an order may have more, and what was found last time all. A name that comes while many wait
 * that do not exist is asked for at once, then.
 */
export class HostResolver {
  private readonly wanted = new Map<string, Wanted>();
  private readonly queues: Record<Queue, Set<Wanted>> = {
    urgent: new Set(),
    known: new Set(),
    unknown: new Set(),
    failed: new Set(),
  };
  /** How many are being asked for: those that failed before, and all others. */
  private readonly running = { failed: 0, others: 0 };
  /** Whether names were found last time. The one that was looked up longest ago comes first. */
  private readonly outcomes = new Map<string, boolean>();
  private readonly limits: { failed: number; urgent: number; known: number; unknown: number; backlog: number };

  /** @param atOnce how many look-ups the system runs at the same time */
  constructor(
    private readonly find: Find = (host) => lookup(host, { all: true }),
    atOnce = Math.floor((threadPoolSize() + 1) / 2), // What libuv lets look-ups have of its threads.
  ) {
    const failed = Math.max(1, Math.floor(atOnce / 8));
    const others = Math.max(1, atOnce - failed);
    const share = (part: number) => Math.max(1, Math.floor(others * part));
    this.limits = { failed, urgent: share(7 / 8), known: others, unknown: share(3 / 4), backlog: share(1 / 2) };
  }

  /** Looks up a host, once for all that want it at the same time; an address is found at once. Its listener hears nothing before this returns. */
  lookUp(host: string, listener: LookUpListener): LookUp {
    const family = isIP(host);
    if (family !== 0) return foundAlready([{ address: host, family }], listener);

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

  /** A name that has no address was not found. */
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

function foundAlready(addresses: LookupAddress[], listener: LookUpListener): LookUp {
  let isAbandoned = false;
  process.nextTick(() => {
    if (isAbandoned) return;
    listener.onTurn();
    listener.onFound(addresses);
  });
  return { hurry: () => undefined, abandon: () => (isAbandoned = true) };
}
