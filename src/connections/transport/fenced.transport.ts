import { Transport } from './transport';
import type { DialStep, Endpoint, OpenedEnd, Socket, SocketEnd, SocketListener } from './transport';

/** Says, at any moment, whether this service may speak to gateways. */
export interface Fence {
  mayAct(): boolean;
}

const NOT_ALLOWED: SocketEnd = {
  opened: false,
  reason: { step: 'tcp', code: 'connection_lost', message: 'Another service may hold the sessions' },
};

const NO_SOCKET: Socket = {
  hurry: () => undefined,
  send: () => false,
  ping: () => undefined,
  takeLargeMessages: () => undefined,
  bytesReceived: 0,
  isReceiving: false,
  isHeld: false,
  close: () => undefined,
  terminate: () => undefined,
};

/** Dials and sends only while the fence allows it; when it does not, sockets are ended without a word to the gateway. */
export class FencedTransport extends Transport {
  constructor(
    private readonly transport: Transport,
    private readonly fence: Fence,
  ) {
    super();
  }

  open(endpoint: Endpoint, listener: SocketListener): Socket {
    if (this.fence.mayAct()) return new FencedSocket(this.transport, endpoint, listener, this.fence);
    queueMicrotask(() => listener.onClose(NOT_ALLOWED));
    return NO_SOCKET;
  }
}

/** One socket, and what is told of it: the fence stands between the session and both. */
class FencedSocket implements Socket, SocketListener {
  private readonly socket: Socket;

  constructor(
    transport: Transport,
    endpoint: Endpoint,
    private readonly listener: SocketListener,
    private readonly fence: Fence,
  ) {
    this.socket = transport.open(endpoint, this);
  }

  hurry(): void {
    this.socket.hurry();
  }

  mayAnswer(): boolean {
    return this.fence.mayAct() || this.cut();
  }

  send(text: string): boolean {
    return this.fence.mayAct() ? this.socket.send(text) : this.cut();
  }

  ping(): void {
    if (this.fence.mayAct()) this.socket.ping();
    else this.cut();
  }

  takeLargeMessages(): void {
    this.socket.takeLargeMessages();
  }

  get bytesReceived(): number {
    return this.socket.bytesReceived;
  }

  get isReceiving(): boolean {
    return this.socket.isReceiving;
  }

  get isHeld(): boolean {
    return this.socket.isHeld;
  }

  close(): void {
    if (this.fence.mayAct()) this.socket.close();
    else this.cut();
  }

  terminate(): void {
    this.socket.terminate();
  }

  onStep(step: DialStep): void {
    if (this.fence.mayAct()) this.listener.onStep?.(step);
    else this.cut();
  }

  onOpen(isVerified: boolean | null): void {
    if (this.fence.mayAct()) this.listener.onOpen(isVerified);
    else this.cut();
  }

  onMessage(data: Buffer, isWhole: boolean): void {
    if (this.fence.mayAct()) this.listener.onMessage(data, isWhole);
    else this.cut();
  }

  onMessageBegins(): void {
    this.listener.onMessageBegins();
  }

  onPing(): void {
    if (this.fence.mayAct()) this.listener.onPing();
    else this.cut();
  }

  onPong(): void {
    if (this.fence.mayAct()) this.listener.onPong();
    else this.cut();
  }

  onClosing(end: OpenedEnd): void {
    this.listener.onClosing(end);
  }

  onClose(end: SocketEnd): void {
    this.listener.onClose(end);
  }

  private cut(): false {
    this.socket.terminate();
    return false;
  }
}
