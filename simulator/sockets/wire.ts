import type { Socket } from 'node:net';

/** One client's connection. */
export interface Wire {
  /** The socket that carries HTTP: the TCP socket itself, or the TLS socket on top of it. */
  readonly stream: Socket;
  readonly tcp: Socket;
}
