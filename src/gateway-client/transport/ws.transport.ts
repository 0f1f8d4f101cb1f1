import { WebSocket } from 'ws';
import type { Reason } from '../failure/failure';
import { Dial } from './dial';
import type { DialListener, DialTools } from './dial';
import { AddressesRefusedError, socketLoss } from './failures';
import type { Fence } from './fence';
import type { GatewayWebSocket, WebSocketOwner } from './gateway-web-socket';
import type { ReadBudget } from './read-budget';
import { Transport } from './transport';
import type { DialStep, Endpoint, Socket, SocketEnd, SocketListener } from './transport';
import { parseUrl } from '../../common/parse-url';

const UNUSABLE_URL = { step: 'resolve', code: 'dns_failed', message: 'The stored URL cannot be used' } as const;

const NOT_ALLOWED: SocketEnd = {
  opened: false,
  reason: { step: 'tcp', code: 'connection_lost', message: 'Another service may run the sessions' },
};

const NO_SOCKET: Socket = {
  hurry: () => undefined,
  send: () => false,
  ping: () => undefined,
  takeLargeMessages: () => undefined,
  checkAddress: () => undefined,
  keepMessages: () => undefined,
  bytesReceived: 0,
  isReceiving: false,
  isHeld: false,
  close: () => undefined,
  terminate: () => undefined,
};

/** Dependencies and settings shared by all sockets. */
export interface TransportTools extends DialTools {
  readonly budget: ReadBudget;
  readonly fence: Fence;
}

/**
 * Transport over the `ws` library. Dials and sends only while the fence allows it. Otherwise it ends sockets without a close frame and
 * drops their messages; the listener is still notified of their end.
 */
export class WsTransport extends Transport {
  constructor(private readonly tools: TransportTools) {
    super();
  }

  open(endpoint: Endpoint, listener: SocketListener): Socket {
    if (!this.tools.fence.mayAct(endpoint.gatewayId)) {
      queueMicrotask(() => listener.onClose(NOT_ALLOWED));
      return NO_SOCKET;
    }
    const parsed = parseUrl(endpoint.url);
    if (parsed) return new WsSocket(parsed, endpoint, listener, this.tools);
    // An older row, or one written by hand, may have a URL that the API would refuse. It fails like any other dial.
    queueMicrotask(() => listener.onClose({ opened: false, reason: UNUSABLE_URL }));
    return NO_SOCKET;
  }
}

/** One socket from the dial to its end. `dial` is set while it is dialled, `webSocket` while it is open. */
class WsSocket implements Socket, DialListener, WebSocketOwner {
  private dial: Dial | null;
  private webSocket: GatewayWebSocket | null = null;
  private readonly gatewayId: string | null;
  private readonly organizationId: string | null;
  private isGivenUp = false;
  private error: Error | undefined;

  constructor(
    url: URL,
    endpoint: Endpoint,
    private readonly listener: SocketListener,
    private readonly tools: TransportTools,
  ) {
    this.gatewayId = endpoint.gatewayId;
    this.organizationId = endpoint.organizationId;
    this.dial = new Dial(url, endpoint, tools, this);
  }

  hurry(): void {
    this.dial?.hurry();
  }

  send(text: string): boolean {
    if (this.webSocket?.readyState !== WebSocket.OPEN || !this.mayAct()) return false;
    this.webSocket.send(text);
    return true;
  }

  ping(): void {
    if (this.webSocket?.readyState === WebSocket.OPEN && this.mayAct()) this.webSocket.ping();
  }

  takeLargeMessages(): void {
    this.webSocket?.takeLarge();
  }

  /** The address of a socket that is being dialled is checked when it opens. */
  checkAddress(): void {
    const { networks } = this.tools;
    // Without networks of the organization, what was allowed at the dial is still allowed. So no address is asked of the system.
    const address = networks.narrowedBy(this.organizationId) && this.webSocket?.remoteAddress;
    const refusal = address && networks.refusalOf(address, this.organizationId);
    if (refusal) this.onError(new AddressesRefusedError([address], refusal));
  }

  keepMessages(bytes: number | undefined): void {
    this.webSocket?.keepMessages(bytes);
  }

  get bytesReceived(): number {
    return this.webSocket?.bytesRead ?? 0;
  }

  get isReceiving(): boolean {
    return this.webSocket?.isReceiving ?? false;
  }

  get isHeld(): boolean {
    return this.webSocket?.isHeld ?? false;
  }

  close(): void {
    if (!this.mayAct()) return;
    this.isGivenUp = true;
    this.dial?.giveUp();
    this.webSocket?.close(1000);
  }

  terminate(): void {
    this.dial?.terminate();
    this.webSocket?.terminate();
  }

  onStep(step: DialStep): void {
    if (this.mayAct()) this.listener.onStep?.(step);
  }

  onDialled(webSocket: GatewayWebSocket, isVerified: boolean | null): void {
    this.dial = null;
    this.webSocket = webSocket;
    webSocket.belongTo(this, this.tools.budget);
    this.checkAddress(); // The networks may have changed since it was dialled.
    if (this.error || !this.mayAct()) return;
    this.listener.onStep?.('open');
    this.listener.onOpen(isVerified, webSocket.certificateExpiresAt);
  }

  onDialFailed(reason: Reason): void {
    this.dial = null;
    this.listener.onClose({ opened: false, reason });
  }

  onMessage(data: Buffer, isWhole: boolean): void {
    if (this.mayAct()) this.listener.onMessage(data, isWhole);
  }

  onMessageBegins(): void {
    this.listener.onMessageBegins();
  }

  mayAct(): boolean {
    if (this.tools.fence.mayAct(this.gatewayId)) return true;
    this.terminate();
    return false;
  }

  onPing(): void {
    if (this.mayAct()) this.listener.onPing();
  }

  onPong(): void {
    if (this.mayAct()) this.listener.onPong();
  }

  onClosing(code: number, reason: string): void {
    // Deferred: if an error causes the close, `onError` is called only after this.
    queueMicrotask(() => {
      if (this.isGivenUp || !this.webSocket || this.error) return;
      this.listener.onClosing(socketLoss(code, reason, undefined));
    });
  }

  onError(error: Error): void {
    this.error ??= error; // The first error is the cause; ending the socket may raise more.
    // The socket is of no further use. While it waited for the gateway's close frame, a broken session would be shown as connected.
    this.webSocket?.terminate();
  }

  onClosed(code: number, reason: string): void {
    this.webSocket = null;
    this.listener.onClose(socketLoss(code, reason, this.error));
  }
}
