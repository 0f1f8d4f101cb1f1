import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** How long to wait for an address before trying the next one in parallel: RFC 8305, section 5. */
const NEXT_AFTER_MS = 250;

/** More than any gateway has; each address is a connection of its own. */
const MAX_ADDRESSES = 10;

/** Notified exactly once of the result, unless the race is abandoned. */
export interface RaceListener {
  onConnected(socket: Socket): void;
  onConnectFailed(error: Error): void;
}

/**
 * Opens one TCP connection to a host with one or more addresses. A slow address is not given up: it continues while the next one is
 * tried, and the first to connect wins. This way a slow network does not look like an unreachable host.
 */
export class TcpRace {
  private readonly waiting: string[];
  private readonly running = new Set<Socket>();
  private readonly errors: Error[] = [];
  private nextTimer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    addresses: readonly LookupAddress[],
    private readonly port: number,
    private readonly listener: RaceListener,
  ) {
    this.waiting = interleaveFamilies(addresses).slice(0, MAX_ADDRESSES);
    this.startNext();
  }

  /** Closes all sockets. The listener is not called any more. */
  abandon(): void {
    this.isOver = true;
    clearTimeout(this.nextTimer);
    for (const socket of this.running) socket.destroy();
  }

  private startNext(): void {
    clearTimeout(this.nextTimer);
    const host = this.waiting.shift();
    if (host === undefined) return;
    try {
      const socket = connect({ host, port: this.port });
      this.running.add(socket);
      const onError = (error: Error) => this.lose(error, socket);
      socket.on('error', onError); // Stays on sockets that lose: an unhandled error would end the process.
      socket.once('connect', () => {
        if (this.isOver) return;
        this.win(socket);
        socket.off('error', onError);
      });
    } catch (error) {
      process.nextTick(() => this.lose(error as Error)); // Deferred: the caller does not have this race yet.
    }
    if (this.waiting.length > 0) this.nextTimer = setTimeout(() => this.startNext(), NEXT_AFTER_MS);
  }

  private win(socket: Socket): void {
    this.running.delete(socket);
    this.abandon();
    this.listener.onConnected(socket);
  }

  private lose(error: Error, socket?: Socket): void {
    if (this.isOver) return;
    this.errors.push(error);
    if (socket) this.running.delete(socket);
    if (this.waiting.length > 0) return this.startNext();
    if (this.running.size > 0) return;
    this.isOver = true;
    this.listener.onConnectFailed(mostInformative(this.errors) ?? error);
  }
}

/** Interleaves the address families, starting with that of the first address: RFC 8305, section 4. */
function interleaveFamilies(addresses: readonly LookupAddress[]): string[] {
  const first = addresses[0]?.family;
  const preferred = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  return preferred
    .flatMap((address, index) => [address, ...others.slice(index, index + 1)])
    .concat(others.slice(preferred.length))
    .map(({ address }) => address);
}

/** Prefers a refused connection: it shows that the host is up, which a time-out does not. */
function mostInformative(errors: readonly Error[]): Error | undefined {
  return errors.find((error) => 'code' in error && error.code === 'ECONNREFUSED') ?? errors[0];
}
