import type { Socket } from 'node:net';
import { clientOf } from '../../common/client-address';
import { StreamShareUsedUpError } from '../connection.errors';

/** Counts the streams of each client, and lets none have more than its share. */
export class StreamShare {
  private readonly counts = new Map<string, number>();
  private readonly carriers = new WeakSet<Socket>();

  /** @param limit how many streams one client may have at a time */
  constructor(private readonly limit: number) {}

  /** @throws StreamShareUsedUpError when a stream more would be too many for this client, or for this connection */
  requireRoom(socket: Socket): void {
    // The answer to a second one would wait behind the first, which does not end.
    if (this.carriers.has(socket)) throw new StreamShareUsedUpError('This connection carries a stream already');
    if ((this.counts.get(clientOf(socket.remoteAddress)) ?? 0) >= this.limit) {
      throw new StreamShareUsedUpError(`This client has ${this.limit} streams already, and may have no more`);
    }
  }

  /** Counts a stream until its connection closes. */
  take(socket: Socket): void {
    const client = clientOf(socket.remoteAddress);
    this.carriers.add(socket);
    this.counts.set(client, (this.counts.get(client) ?? 0) + 1);
    socket.once('close', () => this.giveBack(client));
  }

  private giveBack(client: string): void {
    const left = (this.counts.get(client) ?? 0) - 1;
    if (left > 0) this.counts.set(client, left);
    else this.counts.delete(client);
  }
}
