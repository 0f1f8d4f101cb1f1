import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from 'ws';
import type { AllowedNetworks } from '../../common/allowed-networks';
import type { TlsSettings } from '../../gateways/connection-target';
import type { Reason } from '../connection-state';
import { AddressesRefusedError, dialFailure } from './failures';
import { GatewayWebSocket } from './gateway-web-socket';
import type { HostResolver, LookUp, LookUpListener } from './host-resolver';
import { TcpRace } from './tcp-race';
import type { RaceListener } from './tcp-race';
import type { TlsTrust } from './tls-trust';
import type { DialStep } from './transport';

/** What all dials share. */
export interface DialTools {
  readonly resolver: HostResolver;
  /** No address outside these is dialled, whatever a name resolves to. */
  readonly networks: AllowedNetworks;
  readonly trust: TlsTrust;
  readonly settings: {
    /** One deadline for everything from the name look-up to the answer to the upgrade. */
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

/**
 * Opens one WebSocket step by step: name look-up, TCP, TLS, upgrade. Keeps nothing once it is open. Every socket has an error listener
 * from the moment it is created, so that any error, however early, is a failure of this dial.
 */
export class Dial implements LookUpListener, RaceListener {
  private step: Exclude<DialStep, 'open'> = 'resolve';
  private readonly lookUp: LookUp;
  private race: TcpRace | undefined;
  /** The TCP socket, and the TLS socket on top of it. */
  private readonly sockets: TcpSocket[] = [];
  private webSocket: GatewayWebSocket | undefined;
  /** Headers of a response that accepted the upgrade. */
  private upgradeHeaders: IncomingHttpHeaders | null = null;
  private deadline: NodeJS.Timeout | undefined;
  private isTimedOut = false;
  private isGivenUp = false;
  private isOver = false;
  /** The first error is the cause; cleaning up may raise more. */
  private error: Error | undefined;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings | null,
    private readonly tools: DialTools,
    private readonly listener: DialListener,
  ) {
    this.lookUp = tools.resolver.lookUp(url.hostname.replace(/^\[|\]$/g, ''), this); // Without the brackets of an IPv6 address.
  }

  /** Moves its name look-up ahead of others. */
  hurry(): void {
    this.lookUp.hurry();
  }

  /**
   * Ends it. Once the upgrade is sent, the connection is closed in an orderly way, for at most the close time-out: otherwise a gateway
   * that is slow to read could open this WebSocket beside the next one.
   */
  giveUp(): void {
    if (this.isOver || this.isGivenUp) return;
    this.isGivenUp = true;
    if (!this.webSocket) return this.fail(new Error('given up'));
    this.sockets.at(-1)?.end();
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.terminate(), this.tools.settings.closeTimeoutMs);
  }

  /** Ends it at once. */
  terminate(): void {
    if (this.webSocket) this.webSocket.terminate();
    else this.fail(new Error('given up'));
  }

  /** The deadline starts here: waiting for a look-up thread does not count. */
  onTurn(): void {
    if (!this.isOver) this.deadline ??= setTimeout(() => this.onDeadline(), this.tools.settings.connectTimeoutMs);
  }

  onNotFound(error: Error): void {
    this.fail(error);
  }

  /** The only place that selects addresses: exactly the checked ones are dialled, and the name is not resolved again. */
  onFound(addresses: LookupAddress[]): void {
    if (this.isOver) return;
    const allowed = addresses.filter(({ address }) => this.tools.networks.allows(address));
    if (allowed.length === 0) return this.fail(new AddressesRefusedError(addresses.map(({ address }) => address)));
    this.reach('tcp');
    this.race = new TcpRace(allowed, Number(this.url.port) || (this.isSecure ? 443 : 80), this);
  }

  onConnectFailed(error: Error): void {
    this.fail(error);
  }

  onConnected(socket: TcpSocket): void {
    this.hold(socket);
    this.attempt(() => (this.isSecure ? this.secure(socket) : this.upgrade(socket)));
  }

  private secure(tcp: TcpSocket): void {
    this.reach('tls');
    const { trust } = this.tools;
    const host = hostToVerify(this.url.hostname);
    // A certificate may be issued for an address, but SNI must not contain one: RFC 6066, section 3.
    const servername = isIP(host) === 0 ? host : '';
    const socket = connectTls({ ...trust.optionsFor(this.tls), host, servername, socket: tcp });
    this.hold(socket);
    socket.once('secureConnect', () => {
      trust.requirePinned(this.tls, socket);
      if (!socket.destroyed) this.attempt(() => this.upgrade(socket));
    });
  }

  private upgrade(socket: TcpSocket): void {
    this.reach('upgrade');
    const webSocket = new GatewayWebSocket(this.url, this.options(socket));
    this.webSocket = webSocket;
    webSocket.on('open', () => this.onOpen(webSocket));
    webSocket.on('upgrade', ({ headers }) => (this.upgradeHeaders = headers));
    webSocket.on('unexpected-response', (request, response) => {
      this.error = Object.assign(new Error(`HTTP status ${response.statusCode ?? 0}`), {
        httpStatus: response.statusCode,
      });
      request.destroy();
      webSocket.terminate();
    });
    webSocket.on('error', (error) => (this.error ??= error));
    webSocket.on('close', () => this.fail(new Error('closed')));
  }

  // The option is newer than its type declaration.
  private options(socket: TcpSocket): ClientOptions & { closeTimeout: number } {
    const { settings } = this.tools;
    return {
      perMessageDeflate: false, // Gateways speak a local network: memory for each session costs more than bytes.
      followRedirects: false, // A gateway has one address, the configured one.
      maxPayload: settings.maxMessageBytes,
      closeTimeout: settings.closeTimeoutMs,
      createConnection: () => socket,
    };
  }

  /** Runs a step that may throw. */
  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private hold(socket: TcpSocket): void {
    this.sockets.push(socket);
    socket.on('error', this.onSocketError);
    socket.on('close', this.onSocketClosed);
  }

  private readonly onSocketError = (error: Error): void => {
    this.error ??= error;
    this.webSocket?.terminate();
  };

  /** The library reports this as well, a moment later, unless the socket closed before the library listened. */
  private readonly onSocketClosed = (): void => {
    setImmediate(() => this.fail(new Error('closed')));
  };

  private get isSecure(): boolean {
    return this.url.protocol === 'wss:';
  }

  private reach(step: Exclude<DialStep, 'open'>): void {
    this.step = step;
    this.listener.onStep(step);
  }

  private onOpen(webSocket: GatewayWebSocket): void {
    if (this.isGivenUp) return; // The gateway has yet to read the end.
    webSocket.removeAllListeners();
    for (const socket of this.sockets) {
      socket.on('error', ignore).off('error', this.onSocketError).off('close', this.onSocketClosed);
    }
    this.end();
    this.listener.onDialled(webSocket, this.isSecure ? this.tls?.insecure !== true : null);
  }

  private onDeadline(): void {
    this.isTimedOut = true;
    this.terminate();
  }

  private fail(error: Error): void {
    if (this.isOver) return;
    this.end();
    this.race?.abandon();
    for (const socket of this.sockets) socket.destroy();
    const { step, url, isTimedOut, upgradeHeaders } = this;
    this.listener.onDialFailed(dialFailure(step, this.error ?? error, { url, isTimedOut, upgradeHeaders }));
  }

  private end(): void {
    this.isOver = true;
    this.lookUp.abandon();
    clearTimeout(this.deadline);
  }
}

/** The owner of the WebSocket handles errors. One function for all sessions: see `GatewayWebSocket`. */
const ignore = (): void => undefined;

/** The host that the certificate must be valid for. A trailing dot is neither sent nor verified: RFC 6066, section 3. */
function hostToVerify(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
