import type { Socket } from 'node:net';
import type { Actor } from '../common/actor';
import { clientOf } from '../common/client-address';
import { StreamShareUsedUpError } from './stream.errors';

/** Counts the streams of each client, which is a key or else an address, and enforces the limit. */
export class StreamShare {
  private readonly counts = new Map<string, number>();
  private readonly streamingSockets = new WeakSet<Socket>();

  /** @param limit concurrent streams per client */
  constructor(private readonly limit: number) {}

  /** @throws StreamShareUsedUpError if the client or the connection cannot have another stream */
  requireRoom(actor: Actor, socket: Socket): void {
    // A second response on the same connection would wait behind the first, which never ends.
    if (this.streamingSockets.has(socket)) throw new StreamShareUsedUpError('This connection already has a stream');
    if ((this.counts.get(clientNameOf(actor, socket)) ?? 0) >= this.limit) {
      throw new StreamShareUsedUpError(`This client already has the maximum of ${this.limit} streams`);
    }
  }

  /** Counts a stream until its connection closes. */
  take(actor: Actor, socket: Socket): void {
    const client = clientNameOf(actor, socket);
    this.streamingSockets.add(socket);
    this.counts.set(client, (this.counts.get(client) ?? 0) + 1);
    socket.once('close', () => this.release(client));
  }

  private release(client: string): void {
    const left = (this.counts.get(client) ?? 0) - 1;
    if (left > 0) this.counts.set(client, left);
    else this.counts.delete(client);
  }
}

function clientNameOf({ kind, id }: Actor, { remoteAddress }: Socket): string {
  return kind === 'anonymous' ? clientOf(remoteAddress) : id;
}
