import { PinoLogger } from 'nestjs-pino';
import { aFeed } from '../../../test/support/state-changes';
import { Secret } from '../../crypto/secret';
import type { PublicGateway } from '../../events/domain-events';
import type { ConnectionTarget } from '../../gateways/connection-target';
import type { LoginTry } from '../../gateways/gateway-logins.repository';
import { ConnectionRegistry } from '../../status/connection.registry';
import { DialPacer } from '../dial-pacer';
import { GatewayInbox } from '../gateway-inbox';
import type { AccountCandidate, AccountTry } from '../../login-budget/account';
import type { AccountBudget } from '../../login-budget/account-budget';
import type { LoginBudget } from '../../login-budget/login-budget';
import { Transport } from '../../gateway-client/transport/transport';
import type { Endpoint, OpenedEnd, Socket, SocketEnd, SocketListener } from '../../gateway-client/transport/transport';
import { GatewaySession } from './gateway-session';
import type { SessionTools } from './gateway-session';
import { Heartbeat } from './heartbeat';

export const ID = '00000000-0000-4000-8000-000000000001';
export const broken: OpenedEnd = {
  opened: true,
  code: 'connection_lost',
  message: 'The connection broke',
  closeCode: 1006,
};
export const refused: SocketEnd = {
  opened: false,
  reason: { step: 'tcp', code: 'connect_refused', message: 'Connection refused by 10.0.0.7:5000' },
};
export const accept = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":true}}';
export const refuse = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":false}}';

export function closedWith(closeCode: number): OpenedEnd {
  return { opened: true, code: 'closed_by_gateway', message: `with code ${closeCode}`, closeCode };
}

export function anError(attempt: string | null, text = 'no'): string {
  return JSON.stringify({ Type: 'RTN_ERR', From: 'SERV', Target: 'UI', Data: { Attempt: attempt, Error: text } });
}

/** A socket whose gateway is played by the test. It ends only when the test calls `ends()`, like that of a slow gateway. */
export class FakeSocket implements Socket {
  readonly sent: string[] = [];
  pings = 0;
  isUrgent = false;
  isOpen = false;
  isClosing = false;
  isGone = false;
  takesLarge = false;
  bytesReceived = 0;
  isReceiving = false;
  isHeld = false;

  constructor(
    readonly url: string,
    readonly listener: SocketListener,
  ) {}

  hurry(): void {
    this.isUrgent = true;
  }

  send(text: string): boolean {
    if (!this.isOpen) return false;
    this.sent.push(text);
    return true;
  }

  ping(): void {
    this.pings += 1;
  }

  takeLargeMessages(): void {
    this.takesLarge = true;
  }

  close(): void {
    this.isClosing = true;
  }

  terminate(): void {
    this.isClosing = true;
    this.isOpen = false;
  }

  get types(): string[] {
    return this.sent.map((text) => (JSON.parse(text) as { Type: string }).Type);
  }

  opens(isVerified: boolean | null = null): void {
    this.isOpen = true;
    this.listener.onOpen(isVerified);
  }

  says(text: string): void {
    this.listener.onMessage(Buffer.from(text), true);
  }

  /** Receives this many bytes of an incomplete message. */
  receives(bytes: number): void {
    this.bytesReceived += bytes;
    if (!this.isReceiving) this.listener.onMessageBegins();
    this.isReceiving = true;
  }

  ends(end: SocketEnd = this.isOpen ? broken : refused): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isOpen = false;
    this.listener.onClose(end);
  }

  /** Opens the socket and accepts the login at once; for a login that is sent without a record. */
  logsIn(): void {
    this.opens();
    this.says(accept);
  }
}

export class FakeTransport extends Transport {
  readonly sockets: FakeSocket[] = [];
  mostAtOnce = 0;

  open({ url }: Endpoint, listener: SocketListener): Socket {
    const socket = new FakeSocket(url, listener);
    this.sockets.push(socket);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.living.length);
    return socket;
  }

  get living(): FakeSocket[] {
    return this.sockets.filter(({ isGone }) => !isGone);
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nothing was dialled');
    return socket;
  }
}

/** The part of the login budget that a session uses; the compiler checks the fake against it. */
type UsedOfLogins = Pick<
  LoginBudget,
  'take' | 'whenReachable' | 'accepted' | 'refused' | 'returned' | 'markUnavailable'
>;
type Verdict = Awaited<ReturnType<UsedOfLogins['take']>>;

/** A budget that gives every try the same `verdict`, by default `granted`, and records the calls. */
export class FakeLogins implements UsedOfLogins {
  readonly told: string[] = [];
  verdict: Verdict = 'granted';
  isAway = false;
  private held: Promise<void> | null = null;

  async take({ connectionVersion }: LoginTry): Promise<Verdict> {
    this.told.push(`take ${connectionVersion}`);
    const { verdict, isAway } = this;
    await this.held;
    if (isAway) throw new Error('the database is away');
    return verdict;
  }

  /** Holds back the verdicts on later tries until the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return () => {
      this.held = null;
      release();
    };
  }

  async whenReachable(signal: AbortSignal): Promise<void> {
    while (this.isAway && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  markUnavailable(): void {
    this.isAway = true;
  }

  accepted({ connectionVersion }: LoginTry): void {
    this.told.push(`accepted ${connectionVersion}`);
  }

  refused({ connectionVersion }: LoginTry, isRecorded: boolean): void {
    this.told.push(`refused ${connectionVersion} ${isRecorded ? 'recorded' : 'unrecorded'}`);
  }

  returned({ connectionVersion }: LoginTry): void {
    this.told.push(`returned ${connectionVersion}`);
  }
}

/** The part of the account budget that a session uses; the compiler checks the fake against it. */
type UsedOfAccounts = Pick<
  AccountBudget,
  | 'isSuspect'
  | 'msUntilFree'
  | 'reserve'
  | 'reserveInTurn'
  | 'record'
  | 'accepted'
  | 'refused'
  | 'returned'
  | 'refusedUnrecorded'
>;

/** An account budget that is spent only while `waitMs` is set, and records the calls. */
export class FakeAccounts implements UsedOfAccounts {
  readonly told: string[] = [];
  /** Whether a login of the account was refused within the hour. */
  suspect = false;
  /** Milliseconds until the account is free; 0 if its budget is not spent. */
  waitMs = 0;

  isSuspect(): boolean {
    return this.suspect;
  }

  msUntilFree(): number {
    return this.waitMs;
  }

  reserve({ password }: AccountCandidate): AccountTry | 'spent' | 'busy' {
    return this.waitMs > 0 ? 'spent' : { account: 'it', password, isProven: false, isRecorded: false, isOver: false };
  }

  reserveInTurn(): Promise<AccountTry | 'spent'> {
    throw new Error('it is never busy');
  }

  record(login: AccountTry): Promise<boolean> {
    login.isRecorded = true;
    return Promise.resolve(true);
  }

  accepted(): void {
    this.told.push('accepted');
  }

  refused(): void {
    this.told.push('refused');
  }

  returned(): void {
    this.told.push('returned');
  }

  refusedUnrecorded(): void {
    this.told.push('refused unrecorded');
  }
}

export function aGateway(changes: Partial<PublicGateway> = {}): PublicGateway {
  return {
    id: ID,
    factoryId: '00000000-0000-4000-8000-0000000000f1',
    organizationId: '00000000-0000-4000-8000-0000000000a1',
    label: 'GW-1',
    name: 'Gateway 1',
    desiredState: 'connected',
    connectionVersion: 1,
    revision: 1,
    lastSeenAt: null,
    ...changes,
  };
}

/** A target whose login was accepted last, so that it is sent without a record. */
export function aTarget(gateway: PublicGateway, changes: Partial<ConnectionTarget> = {}): ConnectionTarget {
  const { connectionVersion } = gateway;
  return {
    gateway,
    url: `ws://10.0.0.7:500${connectionVersion}`,
    tls: null,
    email: 'ops@example.org',
    password: Secret.of('correct horse'),
    login: { accepted: true, refusals: 0, nextLoginAt: null },
    ...changes,
  };
}

export function aSession(gateway = aGateway(), changes: Partial<SessionTools> = {}) {
  const { registry = new ConnectionRegistry(aFeed()) } = changes;
  const transport = new FakeTransport();
  const logins = new FakeLogins();
  const accounts = new FakeAccounts();
  const onConnected = jest.fn<undefined, [string]>();
  const onOutdated = jest.fn();
  const logger = new PinoLogger({ pinoHttp: { level: 'silent' } });
  const tools: SessionTools = {
    transport,
    registry,
    onConnected,
    inbox: new GatewayInbox(logger),
    logins: logins as UsedOfLogins as LoginBudget,
    accounts: accounts as UsedOfAccounts as AccountBudget,
    pacer: new DialPacer(1000),
    heartbeat: new Heartbeat({ intervalMs: 15_000, timeoutMs: 10_000 }),
    logger,
    settings: { loginTimeoutMs: 10_000, stableAfterMs: 30_000, authRetryMs: 300_000 },
    backoff: { minMs: 1000, maxMs: 30_000 },
    ...changes,
  };
  const session = new GatewaySession(gateway, tools, onOutdated);
  const record = registry.find(gateway.id);
  if (!record) throw new Error('the session has no record');
  return { session, transport, logins, accounts, record, onConnected, onOutdated, registry };
}

export type Harness = ReturnType<typeof aSession>;
export type DialledHarness = Harness & { socket: FakeSocket };

/** A session whose first socket has been dialled. */
export async function aDiallingSession(
  changes: Partial<SessionTools> = {},
  target: Partial<ConnectionTarget> = {},
): Promise<DialledHarness> {
  const harness = aSession(aGateway(), changes);
  harness.session.provide(aTarget(aGateway(), target));
  await settle();
  return { ...harness, socket: harness.transport.last };
}

export async function aLiveSession(changes: Partial<SessionTools> = {}): Promise<DialledHarness> {
  const harness = await aDiallingSession(changes);
  harness.socket.logsIn();
  return harness;
}

/** Opens the socket and accepts the login; for a login that must be recorded first. */
export async function logIn(socket: FakeSocket): Promise<void> {
  socket.opens();
  await settle();
  socket.says(accept);
}

/** Runs everything that is due now. */
export async function settle(): Promise<void> {
  await jest.advanceTimersByTimeAsync(0);
}

/** Longer than any back-off or slow retry. */
export const LONG_MS = 400_000;

export function answerPings(socket: FakeSocket): void {
  jest.spyOn(socket, 'ping').mockImplementation(() => socket.listener.onPong());
}
