import type { LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from 'ws';
import type { DialNetworks } from '../../common/allowed-networks';
import type { Reason } from '../failure/failure';
import { AddressesRefusedError, dialFailure } from './failures';
import { GatewayWebSocket } from './gateway-web-socket';
import type { HostResolver, LookUp, LookUpListener } from './host-resolver';
import { TcpRace } from './tcp-race';
import type { RaceListener } from './tcp-race';
import type { TlsTrust } from './tls-trust';
import type { DialStep, Endpoint } from './transport';

/** Dependencies and settings shared by all dials. */
export interface DialTools {
  readonly resolver: HostResolver;
  /** No address outside these is dialled, whatever a name resolves to. */
  readonly networks: DialNetworks;
  readonly trust: TlsTrust;
  readonly settings: {
    /** One deadline for everything from the name look-up to the answer to the upgrade. */
    readonly connectTimeoutMs: number;
    /** How long the end of a connection may take before it is cut off. */
    readonly closeTimeoutMs: number;
    readonly maxMessageBytes: number;
  };
}

/** Notified of the steps of a dial, and exactly once of its result. */
export interface DialListener {
  onStep(step: DialStep): void;
  /** @param isVerified whether the certificate was verified; null without TLS */
  onDialled(webSocket: GatewayWebSocket, isVerified: boolean | null): void;
  /** The dial failed, and its sockets are destroyed. */
  onDialFailed(reason: Reason): void;
}

/**
 * Opens one WebSocket step by step: name look-up, TCP, TLS, upgrade. Removes its listeners and its timer once the WebSocket is open.
 * Every socket has an error listener from the moment it is created, so that no error, however early, goes unhandled.
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
    private readonly endpoint: Endpoint,
    private readonly tools: DialTools,
    private readonly listener: DialListener,
  ) {
    this.lookUp = tools.resolver.lookUp(url.hostname.replace(/^\[|\]$/g, ''), this); // Without the brackets of an IPv6 address.
  }

  /** Moves the name look-up ahead of others. */
  hurry(): void {
    this.lookUp.hurry();
  }

  /**
   * Ends the dial. Once the upgrade is sent, the connection is closed gracefully, within the close time-out. Without
   * that, a gateway that is slow to read could open this WebSocket in addition to the next one.
   */
  giveUp(): void {
    if (this.isOver || this.isGivenUp) return;
    this.isGivenUp = true;
    if (!this.webSocket) return this.fail(new Error('given up'));
    this.sockets.at(-1)?.end();
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.terminate(), this.tools.settings.closeTimeoutMs);
  }

  /** Ends the dial at once. */
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

  /** The only place that selects addresses. Only allowed ones are dialled, and the name is not resolved again. */
  onFound(addresses: LookupAddress[]): void {
    if (this.isOver) return;
    const { networks } = this.tools;
    const refusals = addresses.map(({ address }) => networks.refusalOf(address, this.endpoint.organizationId));
    const allowed = addresses.filter((_, index) => refusals[index] === null);
    const [refusal] = refusals;
    if (allowed.length === 0 && refusal) {
      return this.fail(
        new AddressesRefusedError(
          addresses.map(({ address }) => address),
          refusal,
        ),
      );
    }
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
    const socket = connectTls({ ...trust.optionsFor(this.endpoint.tls), host, servername, socket: tcp });
    this.hold(socket);
    socket.once('secureConnect', () => {
      trust.requirePinned(this.endpoint.tls, socket);
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

  // The type declarations do not include `closeTimeout` yet.
  private options(socket: TcpSocket): ClientOptions & { closeTimeout: number } {
    const { settings } = this.tools;
    return {
      perMessageDeflate: false, // On a local network, memory for each session costs more than bandwidth.
      followRedirects: false, // Only the configured address is dialled.
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

  /** `ws` reports this too, a moment later, unless the socket closed before `ws` attached its listeners. */
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
    if (this.isGivenUp) return; // The socket is closing; the gateway has not read that yet.
    webSocket.removeAllListeners();
    for (const socket of this.sockets) {
      socket.on('error', ignore).off('error', this.onSocketError).off('close', this.onSocketClosed);
    }
    this.end();
    this.listener.onDialled(webSocket, this.isSecure ? this.endpoint.tls?.insecure !== true : null);
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

/** The host that the certificate must be valid for, without a trailing dot, which SNI must not have: RFC 6066, section 3. */
function hostToVerify(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
