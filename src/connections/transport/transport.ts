import type { Reason, ReasonCode } from '../connection-state';

/** What a session is told about its socket. `onClose` comes exactly once, last, and only when the socket is gone for good. */
export interface SocketListener {
  onOpen(): void;
  onMessage(text: string): void;
  onPong(): void;
  onClose(end: SocketEnd): void;
}

/** How a socket ended: it never opened, or it opened and was lost or closed. */
export type SocketEnd = { opened: false; reason: Reason } | { opened: true; code: ReasonCode; message: string };

/** What a session needs of a socket. All of it may be called at any time, also after the end. */
export interface Socket {
  /** Says whether it could be sent: a socket that is not open sends nothing. */
  send(text: string): boolean;
  ping(): void;
  /** Ends it in an orderly way, with code 1000; a gateway that does not answer is cut off after a while. */
  close(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** Opens sockets. Injected by this class, so that a session does not know which library does it. */
export abstract class Transport {
  /** Never throws: whatever goes wrong is told to the listener. */
  abstract open(url: string, listener: SocketListener): Socket;
}
