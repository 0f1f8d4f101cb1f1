import { Device } from './device';
import { OwnPort } from './sockets/door';
import type { Door } from './sockets/door';
import type { CloseRecord, LoginRecord } from './evidence';
import type { Refusal, Step } from './faults';
import type { Answers } from './answers';
import type { NotificationKind } from './model/gateway-model';
import type { Measurements } from './model/measurements';
import type { SimulatedGatewayOptions } from './gateway-options';
import type { Certificate } from './sockets/listener';
import type { Profile } from './profiles';
import { Ticker } from './timing/ticker';

export type { CloseRecord, LoginRecord } from './evidence';
export type { SimulatedGatewayOptions } from './gateway-options';
export type { Profile } from './profiles';

/**
 * A simulated CTC Connect Wireless gateway: real WebSocket, real protocol, and faults on demand. A setting applies from the next
 * event on, so a test sets a fault and then triggers it.
 */
export class SimulatedGateway {
  readonly number: number;
  readonly profile: Profile;
  private readonly device: Device;
  private isClosed = false;

  private constructor(
    private readonly door: Door,
    options: SimulatedGatewayOptions,
    ticker: Ticker | null,
  ) {
    this.number = options.number ?? 1;
    this.profile = options.profile ?? 'captured';
    this.device = new Device(door, options, ticker);
  }

  /** Starts a gateway on a port of its own. @throws the system's error when the port is taken. */
  static listen(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
    const { host = '127.0.0.1', port = 0, tls = null, notifyEveryMs = 0 } = options;
    return SimulatedGateway.behind(
      new OwnPort(host, port, tls),
      options,
      notifyEveryMs > 0 ? new Ticker(notifyEveryMs) : null,
    );
  }

  /** Starts a gateway at the given `Door`. Gateways of a fleet share the ticker for their notifications. */
  static async behind(door: Door, options: SimulatedGatewayOptions, ticker: Ticker | null): Promise<SimulatedGateway> {
    const gateway = new SimulatedGateway(door, options, ticker);
    await gateway.device.reception.open();
    return gateway;
  }

  /** The URL for clients. Constant for the life of the gateway. */
  get url(): string {
    return this.door.url;
  }

  /** The last 1000 login attempts. A login that is never answered counts as not accepted. */
  get logins(): readonly LoginRecord[] {
    return this.device.evidence.logins;
  }

  /** How the last 1000 connections ended, as seen from here: 1006 when there was no close frame. */
  get closes(): readonly CloseRecord[] {
    return this.device.evidence.closes;
  }

  /** The types of the last 1000 messages, `(no type)` for those without. */
  get received(): readonly string[] {
    return this.device.evidence.received;
  }

  /** Open WebSockets, without lingering ones. A frozen gateway notices dead ones only when it thaws. */
  get openConnections(): number {
    return this.device.reception.openConnections;
  }

  /** The most WebSockets that were ever open at once. */
  get maxOpenConnections(): number {
    return this.device.evidence.maxOpenConnections;
  }

  /** Messages and pings that came on a WebSocket after a later one had spoken. */
  get overtaken(): number {
    return this.device.evidence.overtaken;
  }

  /** WebSockets ever opened. */
  get connectionsAccepted(): number {
    return this.device.evidence.connectionsAccepted;
  }

  /** Upgrade requests received, whether accepted, rejected or never answered. */
  get upgradesAsked(): number {
    return this.device.evidence.upgradesAsked;
  }

  /** Total logins accepted and refused; an unanswered one counts as refused. Unlike `logins` these are not limited. */
  get loginCounts(): { readonly accepted: number; readonly refused: number } {
    return { accepted: this.device.evidence.loginsAccepted, refused: this.device.evidence.loginsRefused };
  }

  /** NOT_* messages sent in total, one per subscribed connection. */
  get notificationsSent(): number {
    return this.device.evidence.notificationsSent;
  }

  /** Connections that are subscribed now. */
  get subscribedConnections(): number {
    return this.device.reception.subscribed;
  }

  /** The sensors, what they measured, the clock and the ledger. */
  get measurements(): Measurements {
    return this.device.measurements;
  }

  /** How commands are carried out. What is set here applies to the next command. */
  get answers(): Answers {
    return this.device.answers;
  }

  /** Ends all connections: without a code by a TCP reset, with one by a close frame (none for 1005 and 1006). */
  drop(code?: number): void {
    for (const connection of [...this.device.reception.connections]) {
      if (code === undefined) connection.reset();
      else connection.close(code);
    }
  }

  /**
   * Half open: reads and answers nothing, neither pings nor upgrades, while TCP connections stay open. Frames due meanwhile are
   * lost. With TLS, new clients still get their handshake.
   */
  freeze(): void {
    this.device.reception.freeze();
  }

  /** Resumes: reads what arrived meanwhile, then answers the upgrades that are still waiting. */
  thaw(): void {
    this.device.reception.thaw();
  }

  /** Reads and answers nothing for this many milliseconds, neither pings nor upgrades. Unlike `freeze`, it loses nothing. */
  block(ms: number): void {
    this.device.reception.block(ms);
  }

  /** Refuses even correct logins. Null accepts them again, also in a profile that refuses them by default. */
  refuseLogins(how: Refusal | null): void {
    this.device.faults.refuseLogins = how;
  }

  /** Never answers a login. */
  muteLogins(on: boolean): void {
    this.device.faults.muteLogins = on;
  }

  /** Answers a subscribe with RTN_ERR. */
  refuseSubscribe(on: boolean): void {
    this.device.faults.refuseSubscribe = on;
  }

  /** Sends no pongs, but answers everything else. */
  ignorePings(on: boolean): void {
    this.device.faults.ignorePings = on;
  }

  /** Answers GET_DYN_CONNECTED with RTN_ERR, like firmware that does not know it. */
  refuseProbes(on: boolean): void {
    this.device.faults.ignoreProbes = on;
  }

  /** Ends the login of every open connection, as when a session expires: further commands are answered with RTN_ERR. */
  logOut(): void {
    for (const connection of this.device.reception.connections) connection.logOut();
  }

  /**
   * Sends one message to every open connection at the given rate. Nothing else is sent meanwhile, not even a pong, as on a slow
   * link. Resolves when it has been sent, or when all connections have closed.
   */
  async drip(text: string, bytesPerSecond: number): Promise<void> {
    await Promise.all(
      [...this.device.reception.connections].map((connection) => connection.drip(text, bytesPerSecond)),
    );
  }

  /** Pings every `ms` milliseconds. A connection without a pong by the next ping is closed with 1011. Null stops it. */
  pingEvery(ms: number | null): void {
    this.device.keepalive.every(ms);
  }

  /** Keeps the TCP connection when a WebSocket is closed, from either side, for half a minute or until `close()`. */
  lingerOnClose(on: boolean): void {
    this.device.faults.lingerOnClose = on;
  }

  /** Delays each answer by `ms` milliseconds, pongs included. */
  slowDown(ms: number): void {
    this.device.faults.delayMs = ms;
  }

  /** Closes the connection when a client reaches this step. The default code 1006 means no close frame. Null stops it. */
  closeAt(step: Step | null, code = 1006): void {
    this.device.faults.closeAt = step === null ? null : { step, code };
  }

  /** Answers upgrade requests with this HTTP status instead. Null accepts them again. */
  rejectUpgrade(statusCode: number | null): void {
    this.device.faults.rejectUpgrade = statusCode;
  }

  /** Sets the certificate for later handshakes. @throws Error if this gateway has no TLS */
  setCertificate(certificate: Certificate): void {
    this.door.setCertificate(certificate);
  }

  /** Sets the login to accept from now on. Sessions that are logged in stay logged in. */
  setCredentials(email: string, password: string): void {
    this.device.login = { email, password };
  }

  /**
   * Sends one notification, of the next sensor in turn, to every subscribed connection. `conn` takes the last sensor out of reach, or
   * back, and `ap` the access point.
   */
  notify(kind: NotificationKind = 'reading'): void {
    this.device.notify(kind);
  }

  /** Sends `raw` unchanged to every open connection: text as a text frame, bytes as a binary one. */
  send(raw: string | Buffer): void {
    for (const connection of this.device.reception.connections) connection.send(raw);
  }

  /** Refuses connections and resets open ones. Resolves when they have closed. */
  stopListening(): Promise<void> {
    return this.device.reception.shut();
  }

  /** Listens again, on the same port. @throws Error after `close()`, or the system's error if the port was taken meanwhile */
  async startListening(): Promise<void> {
    if (this.isClosed) throw new Error('this simulated gateway was closed');
    await this.device.reception.open();
  }

  /** Stops everything; no socket, timer or port is left. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.device.close();
  }
}
