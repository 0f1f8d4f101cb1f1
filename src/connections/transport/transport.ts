import type { TlsSettings } from '../../gateways/connection-target';
import type { Reason, ReasonCode } from '../connection-state';

/** The steps of a dial, in their order. `tls` is passed over by `ws://`; `open` is the end of dialling. */
export type DialStep = 'resolve' | 'tcp' | 'tls' | 'upgrade' | 'open';

/** Where a socket leads. */
export interface Endpoint {
  readonly url: string;
  readonly tls: TlsSettings | null;
}

/** What a session is told about its socket. `onClose` comes exactly once, last, and only when the socket is gone for good. */
export interface SocketListener {
  /** It has got as far as this. */
  onStep?(step: DialStep): void;
  /** @param isVerified whether the certificate was verified; null where there is none */
  onOpen(isVerified: boolean | null): void;
  /** @param isWhole false if only the beginning of a large message was kept */
  onMessage(data: Buffer, isWhole: boolean): void;
  /** A message has been received in part. */
  onMessageBegins(): void;
  /** The gateway pings by itself; it is answered already. */
  onPing(): void;
  onPong(): void;
  /** The gateway has said that it closes: nothing more will come. The socket is gone only with `onClose`. */
  onClosing(end: OpenedEnd): void;
  onClose(end: SocketEnd): void;
}

/** How a socket ended: it never opened, or it opened and was lost or closed. */
export type SocketEnd = { opened: false; reason: Reason } | OpenedEnd;

export interface OpenedEnd {
  readonly opened: true;
  readonly code: ReasonCode;
  readonly message: string;
  /** As of RFC 6455, section 7.4; 1005 and 1006 were never on the wire. */
  readonly closeCode: number;
}

/** What a session needs of a socket. All of it may be called at any time, also after the end. */
export interface Socket {
  /** A person waits: moves the name look-up ahead of others. */
  hurry(): void;
  /** Says whether it could be sent: a socket that is not open sends nothing. */
  send(text: string): boolean;
  ping(): void;
  /** Call when the login is accepted; before that, a large message ends the socket. */
  takeLargeMessages(): void;
  /** Number of bytes read from the network so far. Grows during a large message, which gives no other sign of life. */
  readonly bytesReceived: number;
  /** Whether a message has been received in part. */
  readonly isReceiving: boolean;
  /** Whether reading is paused by the byte budget: then the service is silent, not the gateway. */
  readonly isHeld: boolean;
  /** Ends it in an orderly way, with code 1000; a gateway that does not answer is cut off after a while. */
  close(): void;
  /** Ends it at once. */
  terminate(): void;
}

/** Opens sockets. Injected by this class, so that a session does not know which library does it. */
export abstract class Transport {
  /** Never throws: whatever goes wrong is told to the listener. */
  abstract open(endpoint: Endpoint, listener: SocketListener): Socket;
}
