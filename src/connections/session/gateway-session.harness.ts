import { aFeed } from '../../../test/support/state-changes';
import { FakeTransport, accept } from '../../../test/unit-support/fake-transport';
import type { FakeSocket } from '../../../test/unit-support/fake-transport';
import { Gate } from '../../../test/unit-support/gate';
import { aConnectionTarget, aPublicGateway } from '../../../test/unit-support/gateways';
import { silentLogger } from '../../../test/unit-support/silent-logger';
import { EVERYWHERE } from '../../common/actor';
import type { ConnectionTarget } from '../../gateways/connection-target';
import type { LoginTry } from '../../login-budget/gateway-logins.repository';
import { ConnectionRegistry } from '../../status/connection.registry';
import { DialPacer } from './dial-pacer';
import { GatewayInbox } from './gateway-inbox';
import type { AccountCandidate, AccountTry } from '../../login-budget/account';
import type { AccountBudget } from '../../login-budget/account-budget';
import type { LoginBudget } from '../../login-budget/login-budget';
import type { OpenedEnd } from '../../gateway-client/transport/transport';
import { GatewaySession } from './gateway-session';
import { SessionFigures } from './session-figures';
import type { SessionTools } from './gateway-session';
import { Heartbeat } from './heartbeat';

export { accept, answerPings, broken, refused } from '../../../test/unit-support/fake-transport';
export { aConnectionTarget as aTarget, aPublicGateway as aGateway } from '../../../test/unit-support/gateways';

export const ID = aPublicGateway().id;
export const refuse = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":false}}';

export function closedWith(closeCode: number): OpenedEnd {
  return { opened: true, code: 'closed_by_gateway', message: `with code ${closeCode}`, closeCode };
}

export function anError(attempt: string | null, text = 'no'): string {
  return JSON.stringify({ Type: 'RTN_ERR', From: 'SERV', Target: 'UI', Data: { Attempt: attempt, Error: text } });
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
  private readonly gate = new Gate();

  async take({ connectionVersion }: LoginTry): Promise<Verdict> {
    this.told.push(`take ${connectionVersion}`);
    const { verdict, isAway } = this;
    await this.gate.pass();
    if (isAway) throw new Error('the database is away');
    return verdict;
  }

  /** Holds back the verdicts on later tries until the returned function is called. */
  hold(): () => void {
    return this.gate.hold();
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

export function aSession(gateway = aPublicGateway(), changes: Partial<SessionTools> = {}) {
  const { registry = new ConnectionRegistry(aFeed()) } = changes;
  const transport = new FakeTransport();
  const logins = new FakeLogins();
  const accounts = new FakeAccounts();
  const onConnected = jest.fn<undefined, [string]>();
  const onOutdated = jest.fn();
  const logger = silentLogger();
  const tools: SessionTools = {
    transport,
    registry,
    onConnected,
    inbox: new GatewayInbox(logger),
    figures: new SessionFigures(),
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
  const record = registry.find(EVERYWHERE, gateway.id);
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
  const harness = aSession(aPublicGateway(), changes);
  harness.session.provide(aConnectionTarget(aPublicGateway(), target));
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
