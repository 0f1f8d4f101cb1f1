import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** How long an address may take before the next one is tried beside it: RFC 8305, section 5. */
const NEXT_AFTER_MS = 250;

/** No gateway has more, and each is a connection of its own. */
const MAX_ADDRESSES = 10;

/** Hears exactly once how a race ended, unless it was abandoned. */
export interface RaceListener {
  onConnected(socket: Socket): void;
  onConnectFailed(error: Error): void;
}

/**
 * Opens one TCP connection to a host that may have several addresses. Each is given all the time there is: a slow network must not look
 * like a dead one, so a slow address goes on while the next is tried, and the first that connects ends the others.
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
    this.waiting = inTurns(addresses).slice(0, MAX_ADDRESSES);
    this.startNext();
  }

  /** Nothing of it is left, and its listener hears nothing. */
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
      socket.on('error', onError); // Not taken from those that lose: an error that nobody hears ends the process.
      socket.once('connect', () => {
        if (this.isOver) return;
        this.win(socket);
        socket.off('error', onError);
      });
    } catch (error) {
      process.nextTick(() => this.lose(error as Error)); // Not before the caller knows of this race.
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
    this.listener.onConnectFailed(mostTelling(this.errors) ?? error);
  }
}

/** One of each family in turn, beginning with that of the first: RFC 8305, section 4. */
function inTurns(addresses: readonly LookupAddress[]): string[] {
  const first = addresses[0]?.family;
  const preferred = addresses.filter(({ family }) => family === first);
  const others = addresses.filter(({ family }) => family !== first);
  return preferred
    .flatMap((address, index) => [address, ...others.slice(index, index + 1)])
    .concat(others.slice(preferred.length))
    .map(({ address }) => address);
}

/** A machine that refuses is there: that says more than an address that leads nowhere. */
function mostTelling(errors: readonly Error[]): Error | undefined {
  return errors.find((error) => 'code' in error && error.code === 'ECONNREFUSED') ?? errors[0];
}
