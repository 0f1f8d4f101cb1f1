import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { BoundedReceiver } from './bounded-receiver';
import type { ReceiverOwner } from './bounded-receiver';
import type { ReadBudget } from './read-budget';

/** What an open WebSocket tells its owner. */
export interface WebSocketOwner extends ReceiverOwner {
  /** @param isWhole false if only the beginning of a large message was kept */
  onMessage(data: Buffer, isWhole: boolean): void;
  /** Whether a ping or a close frame may be answered. It has ended the socket when not. */
  mayAct(): boolean;
  /** Answered already. */
  onPing(): void;
  onPong(): void;
  /** It begins to close, whichever end asked for it. */
  onClosing(code: number, reason: string): void;
  onError(error: Error): void;
  /** Comes last. */
  onClosed(code: number, reason: string): void;
}

/** The WebSocket of one gateway, and of one owner. */
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
    return (this as unknown as { _socket: TcpSocket | null })._socket?.bytesRead ?? 0;
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

  override terminate(): void {
    this.receiver?.abandon();
    super.terminate();
  }

  /** `ws` calls this as well, to answer a close frame, and tells nobody of that before the socket is gone. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN && this.owner?.mayAct() === false) return;
    if (this.readyState === WebSocket.OPEN) this.owner?.onClosing(code ?? 1005, reason?.toString() ?? '');
    super.close(code, reason);
  }
}

// All sockets share these listeners: with thousands of them, closures of their own are a good part of the memory.

/** @param data a `Buffer`: nothing else was asked for */
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
  ownerOf(this)?.onClosed(code, reason.toString());
}

function ownerOf(webSocket: WebSocket): WebSocketOwner | null {
  return (webSocket as GatewayWebSocket).owner;
}
