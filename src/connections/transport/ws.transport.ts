import { connect as connectTcp } from 'node:net';
import type { LookupFunction, Socket as TcpSocket, TcpNetConnectOpts } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { TlsSettings } from '../../gateways/connection-target';
import { WebSocket } from 'ws';
import type { ClientOptions, RawData } from 'ws';
import { dialFailure, socketLoss } from './failures';
import type { HostResolver } from './host-resolver';
import { Transport } from './transport';
import type { TlsTrust } from './tls-trust';
import type { DialStep, Endpoint, Socket, SocketListener } from './transport';

export interface WsTransportSettings {
  /** One deadline for everything from resolving the name to the answered upgrade. */
  readonly connectTimeoutMs: number;
  /** How long a gateway may take to answer a close frame before it is cut off. */
  readonly closeTimeoutMs: number;
  readonly maxMessageBytes: number;
}

const UNUSABLE_URL = { step: 'resolve', code: 'dns_failed', message: 'The stored URL cannot be used' } as const;

const NO_SOCKET: Socket = {
  send: () => false,
  ping: () => undefined,
  close: () => undefined,
  terminate: () => undefined,
};

/** WebSocket as the `ws` library speaks it. */
export class WsTransport extends Transport {
  constructor(
    private readonly resolver: HostResolver,
    private readonly trust: TlsTrust,
    private readonly settings: WsTransportSettings,
  ) {
    super();
  }

  open({ url, tls }: Endpoint, listener: SocketListener): Socket {
    const { resolver, trust, settings } = this;
    if (URL.canParse(url)) return new WsSocket(new URL(url), tls, listener, { resolver, trust, settings });
    // Only a row that was written by hand has such a URL, and it must not harm the others.
    queueMicrotask(() => listener.onClose({ opened: false, reason: UNUSABLE_URL }));
    return NO_SOCKET;
  }
}

interface WsTools {
  readonly resolver: HostResolver;
  readonly trust: TlsTrust;
  readonly settings: WsTransportSettings;
}

/** Says when the other end begins to close: `ws` answers by itself, and tells nobody before the socket is gone. */
class ClosingAwareWebSocket extends WebSocket {
  /** `ws` calls this as well, to answer a close frame. */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.emit('closing', code ?? 1005, reason?.toString() ?? '');
    super.close(code, reason);
  }
}

class WsSocket implements Socket {
  private webSocket: WebSocket | undefined;
  private step: DialStep = 'resolve';
  private readonly deadline: NodeJS.Timeout;
  private isTimedOut = false;
  private isGivenUp = false;
  private isOver = false;
  private error: Error | undefined;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings | null,
    private readonly listener: SocketListener,
    private readonly tools: WsTools,
  ) {
    this.deadline = setTimeout(() => this.onDeadline(), tools.settings.connectTimeoutMs);
    const host = url.hostname.replace(/^\[|\]$/g, ''); // The brackets of an IPv6 address.
    tools.resolver
      .resolve(host)
      .then((addresses) => this.dial(addresses))
      .catch((error: unknown) => this.fail(error as Error));
  }

  send(text: string): boolean {
    if (this.webSocket?.readyState !== WebSocket.OPEN) return false;
    this.webSocket.send(text);
    return true;
  }

  ping(): void {
    if (this.webSocket?.readyState === WebSocket.OPEN) this.webSocket.ping();
  }

  close(): void {
    this.isGivenUp = true;
    if (this.step === 'open') this.webSocket?.close(1000);
    else this.terminate();
  }

  terminate(): void {
    if (this.webSocket) this.webSocket.terminate();
    else this.fail(new Error('given up'));
  }

  private dial(addresses: LookupAddress[]): void {
    if (this.isOver) return; // Given up while the name was looked up.
    this.reach('tcp');
    const webSocket = new ClosingAwareWebSocket(this.url, this.options(addresses));
    this.webSocket = webSocket;
    webSocket.on('open', () => this.onOpen());
    webSocket.on('message', (data) => this.listener.onMessage(toText(data)));
    webSocket.on('ping', () => this.listener.onPing());
    webSocket.on('pong', () => this.listener.onPong());
    // In a moment: when it closes because of an error, it says so after this.
    webSocket.on('closing', (code: number, reason: string) => queueMicrotask(() => this.onClosing(code, reason)));
    webSocket.on('unexpected-response', (request, response) => {
      this.error = Object.assign(new Error(`HTTP status ${response.statusCode ?? 0}`), {
        httpStatus: response.statusCode,
      });
      request.destroy();
      webSocket.terminate();
    });
    webSocket.on('error', (error) => this.onError(error));
    webSocket.on('close', (code, reason) => this.onClose(code, reason.toString()));
  }

  // The option is newer than its type declaration.
  private options(addresses: LookupAddress[]): ClientOptions & { closeTimeout: number } {
    const { settings } = this.tools;
    return {
      perMessageDeflate: false, // Gateways speak a local network: memory for each session costs more than bytes.
      followRedirects: false, // A gateway has one address, the configured one.
      maxPayload: settings.maxMessageBytes,
      handshakeTimeout: settings.connectTimeoutMs, // A second line: the deadline is shorter by what resolving took.
      closeTimeout: settings.closeTimeoutMs,
      createConnection: ((options: TcpNetConnectOpts) =>
        // To `net`, a path means a Unix socket; here it is the URL's.
        this.connect({ ...options, path: undefined, lookup: answering(addresses) })) as typeof connectTcp,
    };
  }

  private connect(options: TcpNetConnectOpts & { path: undefined }): TcpSocket {
    if (!this.isSecure) return connectTcp(options).once('connect', () => this.reach('upgrade'));

    const { trust } = this.tools;
    const socket: TLSSocket = connectTls({
      servername: hostForSni(this.url.hostname),
      ...trust.optionsFor(this.tls),
      ...options,
    });
    return socket
      .once('connect', () => this.reach('tls'))
      .once('secureConnect', () => {
        trust.requirePinned(this.tls, socket);
        if (!socket.destroyed) this.reach('upgrade');
      });
  }

  private get isSecure(): boolean {
    return this.url.protocol === 'wss:';
  }

  private reach(step: DialStep): void {
    this.step = step;
    this.listener.onStep?.(step);
  }

  private onOpen(): void {
    this.reach('open');
    clearTimeout(this.deadline);
    this.listener.onOpen(this.isSecure ? this.tls?.insecure !== true : null);
  }

  private onDeadline(): void {
    this.isTimedOut = true;
    this.terminate();
  }

  private onError(error: Error): void {
    this.error ??= error; // The first one is the cause; ending because of it may give more.
    // Nothing can come of it any more. Waiting for the gateway's close frame would call a broken session connected.
    if (this.step === 'open') this.webSocket?.terminate();
  }

  private onClosing(code: number, reason: string): void {
    if (!this.isGivenUp && !this.isOver && !this.error) this.listener.onClosing(socketLoss(code, reason, undefined));
  }

  private onClose(code: number, reason: string): void {
    if (this.step === 'open') this.end(() => this.listener.onClose(socketLoss(code, reason, this.error)));
    else this.fail(this.error ?? new Error('closed'));
  }

  private fail(error: Error): void {
    const { step, url, isTimedOut } = this;
    if (step === 'open') return;
    this.end(() => this.listener.onClose({ opened: false, reason: dialFailure(step, error, { url, isTimedOut }) }));
  }

  private end(tell: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.deadline);
    tell();
  }
}

/** The name is resolved already: `net` gets the answer without asking again. */
function answering(addresses: LookupAddress[]): LookupFunction {
  return (_, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, addresses);
    else callback(first ? null : new Error('no address'), first?.address ?? '', first?.family);
  };
}

/** A certificate may be for an address, but the name that a client asks for must not be one: RFC 6066, section 3. */
function hostForSni(hostname: string): string {
  return /^[\d.]+$|^\[/.test(hostname) ? '' : hostname;
}

function toText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}
