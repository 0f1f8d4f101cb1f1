import type { Socket as TcpSocket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { BoundedReceiver, KEPT_BYTES } from './bounded-receiver';
import type { ReceiverOwner } from './bounded-receiver';
import type { ReadBudget } from './read-budget';

/** The owner of an open WebSocket, notified of its events. */
export interface WebSocketOwner extends ReceiverOwner {
  /** @param isWhole false if only the beginning of a large message was kept */
  onMessage(data: Buffer, isWhole: boolean): void;
  /** Whether a ping or a close frame may be answered. If not, the owner has already ended the socket. */
  mayAct(): boolean;
  /** A ping arrived and has been answered. */
  onPing(): void;
  onPong(): void;
  /** The socket starts to close, at the request of either side. */
  onClosing(code: number, reason: string): void;
  onError(error: Error): void;
  /** Called last. */
  onClosed(code: number, reason: string): void;
}

/** A WebSocket to one gateway, with one owner. */
export class GatewayWebSocket extends WebSocket {
  owner: WebSocketOwner | null = null;
  private receiver: BoundedReceiver | null = null;

  /** Starts to report events to the owner, within the limits. Call once, as soon as the socket opens. */
  belongTo(owner: WebSocketOwner, budget: ReadBudget): void {
    this.owner = owner;
    this.receiver = BoundedReceiver.of(this, budget, owner);
    this.on('message', tellMessage);
    this.on('ping', tellPing);
    this.on('pong', tellPong);
    this.on('error', tellError);
    this.on('close', tellClosed);
  }

  /** `ws` calls this to answer a ping, before it emits the event. */
  override pong(...[data, mask, callback]: Parameters<WebSocket['pong']>): void {
    if (this.owner?.mayAct() ?? true) super.pong(data, mask, callback);
  }

  /** Number of bytes read from the network so far. */
  get bytesRead(): number {
    return this.socket?.bytesRead ?? 0;
  }

  /** The address at the other end; undefined once the connection is gone. */
  get remoteAddress(): string | undefined {
    return this.socket?.remoteAddress;
  }

  /** When the certificate at the other end expires, in milliseconds since 1970; null without one. Parses the certificate. */
  get certificateExpiresAt(): number | null {
    const { socket } = this;
    const validTo = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.validTo : undefined;
    return validTo === undefined ? null : Date.parse(validTo) || null;
  }

  /** Whether reading is paused until the budget is refilled. */
  get isHeld(): boolean {
    return this.receiver?.isHeld ?? false;
  }

  /** Whether a message has been received in part. */
  get isReceiving(): boolean {
    return this.receiver?.isUnderWay ?? false;
  }

  /** Whether the message being handed on is complete. */
  get isWhole(): boolean {
    return this.receiver?.isWhole ?? true;
  }

  /** Accepts large messages from now on: the gateway has accepted the login. */
  takeLarge(): void {
    if (this.receiver) this.receiver.takesLarge = true;
  }

  private get socket(): TcpSocket | null {
    return (this as unknown as { _socket: TcpSocket | null })._socket;
  }

  /** @param bytes size up to which messages are kept whole; undefined for the usual one */
  keepMessages(bytes: number = KEPT_BYTES): void {
    if (this.receiver) this.receiver.keptBytes = bytes;
  }

  /** Call when the socket is gone. */
  releaseMemory(): void {
    this.receiver?.release();
  }

  override terminate(): void {
    this.receiver?.abandon();
    super.terminate();
  }

  /** `ws` also calls this to answer a close frame, and emits no event for it until the socket is gone. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN && this.owner?.mayAct() === false) return;
    if (this.readyState === WebSocket.OPEN) this.owner?.onClosing(code ?? 1005, reason?.toString() ?? '');
    super.close(code, reason);
  }
}

// All sockets share these listeners: with thousands of sockets, a closure for each is a considerable part of the memory.

/** @param data a `Buffer`, because `binaryType` is left at its default */
function tellMessage(this: WebSocket, data: unknown): void {
  ownerOf(this)?.onMessage(data as Buffer, (this as GatewayWebSocket).isWhole);
}

function tellPing(this: WebSocket): void {
  ownerOf(this)?.onPing();
}

function tellPong(this: WebSocket): void {
  ownerOf(this)?.onPong();
}

function tellError(this: WebSocket, error: Error): void {
  ownerOf(this)?.onError(error);
}

function tellClosed(this: WebSocket, code: number, reason: Buffer): void {
  (this as GatewayWebSocket).releaseMemory();
  ownerOf(this)?.onClosed(code, reason.toString());
}

function ownerOf(webSocket: WebSocket): WebSocketOwner | null {
  return (webSocket as GatewayWebSocket).owner;
}
