import type { TlsSettings } from './tls-settings';
import type { Reason, ReasonCode } from '../failure/failure';

/** The steps of a dial, in order. `ws://` skips `tls`; `open` means that the dial has succeeded. */
export type DialStep = 'resolve' | 'tcp' | 'tls' | 'upgrade' | 'open';

/** Where a socket connects to, and how it verifies the certificate. */
export interface Endpoint {
  /** Null if the gateway is not stored. */
  readonly gatewayId: string | null;
  readonly url: string;
  readonly tls: TlsSettings | null;
  /** The organization whose networks the address must be in; null if there is none. */
  readonly organizationId: string | null;
}

/** Notified of the events of a socket. `onClose` is called exactly once, last, and only when the socket is gone. */
export interface SocketListener {
  /** The dial has reached this step. */
  onStep?(step: DialStep): void;
  /**
   * @param isVerified whether the certificate was verified; null without TLS
   * @param expiresAt when the certificate expires, in milliseconds since 1970
   */
  onOpen(isVerified: boolean | null, expiresAt?: number | null): void;
  /** @param isWhole false if only the beginning of a large message was kept */
  onMessage(data: Buffer, isWhole: boolean): void;
  /** A message has been received in part. */
  onMessageBegins(): void;
  /** The gateway sent a ping, which has been answered. */
  onPing(): void;
  onPong(): void;
  /** The gateway has started to close the connection and sends nothing more. The socket still exists until `onClose`. */
  onClosing(end: OpenedEnd): void;
  onClose(end: SocketEnd): void;
}

/** How a socket ended: it never opened, or it opened and was lost or closed. */
export type SocketEnd = { opened: false; reason: Reason } | OpenedEnd;

export interface OpenedEnd {
  readonly opened: true;
  readonly code: ReasonCode;
  readonly message: string;
  /** As defined in RFC 6455, section 7.4; 1005 and 1006 are never sent. */
  readonly closeCode: number;
}

/** A socket as sessions use it. Every method may be called at any time, even after the socket has ended. */
export interface Socket {
  /** Moves the name look-up ahead of others, because an operator is waiting. */
  hurry(): void;
  /** Sends a text message. @returns whether it was sent; a socket that is not open sends nothing */
  send(text: string): boolean;
  ping(): void;
  /** Call when the login is accepted; before that, a large message ends the socket. */
  takeLargeMessages(): void;
  /** Ends the connection at once if the allowed networks no longer contain its address. Call when they have changed. */
  checkAddress(): void;
  /**
   * Sets up to which size messages are kept whole, for those that begin from now on.
   * @param bytes undefined for the usual size
   */
  keepMessages(bytes: number | undefined): void;
  /** Number of bytes read from the network so far. Grows during a large message, which gives no other sign of life. */
  readonly bytesReceived: number;
  /** Whether a message has been received in part. */
  readonly isReceiving: boolean;
  /** Whether the byte budget pauses reading. The gateway may be sending then, although nothing is received. */
  readonly isHeld: boolean;
  /** Closes gracefully with code 1000. A gateway that does not answer is cut off after a time-out. */
  close(): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** Opens sockets. Also the injection token, so that sessions do not depend on a WebSocket library. */
export abstract class Transport {
  /** Never throws; the listener is notified of failures. */
  abstract open(endpoint: Endpoint, listener: SocketListener): Socket;
}
