import type { LookupAddress } from 'node:dns';
import { connect as connectTcp } from 'node:net';
import type { LookupFunction, Socket as TcpSocket, TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from 'ws';
import type { TlsSettings } from '../../gateways/connection-target';
import type { Reason } from '../connection-state';
import { dialFailure } from './failures';
import { GatewayWebSocket } from './gateway-web-socket';
import type { HostResolver } from './host-resolver';
import type { TlsTrust } from './tls-trust';
import type { DialStep } from './transport';

/** What all dials share. */
export interface DialTools {
  readonly resolver: HostResolver;
  readonly trust: TlsTrust;
  readonly settings: {
    /** One deadline for everything from resolving the name to the answered upgrade. */
    readonly connectTimeoutMs: number;
    /** How long a gateway may take to answer a close frame before it is cut off. */
    readonly closeTimeoutMs: number;
    readonly maxMessageBytes: number;
  };
}

/** Told how a dial goes; of its end, exactly once. */
export interface DialListener {
  onStep(step: DialStep): void;
  /** @param isVerified whether the certificate was verified; null where there is none */
  onDialled(webSocket: GatewayWebSocket, isVerified: boolean | null): void;
  /** Nothing of it is left. */
  onDialFailed(reason: Reason): void;
}

/** The way to one open WebSocket, from the name to the answered upgrade. When it is open, nothing of this is kept. */
export class Dial {
  private step: Exclude<DialStep, 'open'> = 'resolve';
  private webSocket: GatewayWebSocket | undefined;
  private readonly deadline: NodeJS.Timeout;
  private isTimedOut = false;
  private isOver = false;
  private error: Error | undefined;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings | null,
    private readonly tools: DialTools,
    private readonly listener: DialListener,
  ) {
    this.deadline = setTimeout(() => this.onDeadline(), tools.settings.connectTimeoutMs);
    const host = url.hostname.replace(/^\[|\]$/g, ''); // The brackets of an IPv6 address.
    tools.resolver
      .resolve(host)
      .then((addresses) => this.open(addresses))
      .catch((error: unknown) => this.fail(error as Error));
  }

  giveUp(): void {
    if (this.webSocket) this.webSocket.terminate();
    else this.fail(new Error('given up'));
  }

  private open(addresses: LookupAddress[]): void {
    if (this.isOver) return; // Given up while the name was looked up.
    this.reach('tcp');
    const webSocket = new GatewayWebSocket(this.url, this.options(addresses));
    this.webSocket = webSocket;
    webSocket.on('open', () => this.onOpen(webSocket));
    webSocket.on('unexpected-response', (request, response) => {
      this.error = Object.assign(new Error(`HTTP status ${response.statusCode ?? 0}`), {
        httpStatus: response.statusCode,
      });
      request.destroy();
      webSocket.terminate();
    });
    webSocket.on('error', (error) => (this.error ??= error)); // The first one is the cause; ending because of it may give more.
    webSocket.on('close', () => this.fail(this.error ?? new Error('closed')));
  }

  // The option is newer than its type declaration.
  private options(addresses: LookupAddress[]): ClientOptions & { closeTimeout: number } {
    const { settings } = this.tools;
    return {
      perMessageDeflate: false, // Gateways speak a local network: memory for each session costs more than bytes.
      followRedirects: false, // A gateway has one address, the configured one.
      maxPayload: settings.maxMessageBytes,
      closeTimeout: settings.closeTimeoutMs,
      createConnection: ((options: TcpNetConnectOpts) =>
        // To `net`, a path means a Unix socket; here it is the URL's.
        this.connect({ ...options, path: undefined, lookup: answering(addresses) })) as typeof connectTcp,
    };
  }

  private connect(options: TcpNetConnectOpts & { path: undefined }): TcpSocket {
    if (!this.isSecure) return connectTcp(options).once('connect', () => this.reach('upgrade'));

    const { trust } = this.tools;
    const socket = connectTls({
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

  private reach(step: Exclude<DialStep, 'open'>): void {
    this.step = step;
    this.listener.onStep(step);
  }

  private onOpen(webSocket: GatewayWebSocket): void {
    webSocket.removeAllListeners();
    this.end();
    this.listener.onDialled(webSocket, this.isSecure ? this.tls?.insecure !== true : null);
  }

  private onDeadline(): void {
    this.isTimedOut = true;
    this.giveUp();
  }

  private fail(error: Error): void {
    if (this.isOver) return;
    this.end();
    const { step, url, isTimedOut } = this;
    this.listener.onDialFailed(dialFailure(step, error, { url, isTimedOut }));
  }

  private end(): void {
    this.isOver = true;
    clearTimeout(this.deadline);
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
