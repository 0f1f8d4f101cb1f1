import type { Socket } from 'node:net';

/** The connection of one client. */
export interface Wire {
  /** What HTTP runs on: the TCP socket itself, or the TLS that runs on it. */
  readonly stream: Socket;
  readonly tcp: Socket;
}
