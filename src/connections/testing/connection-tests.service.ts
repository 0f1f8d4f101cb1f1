import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { isDeepStrictEqual } from 'node:util';
import type { DesiredState } from '../../events/domain-events';
import type { ConnectionTarget } from '../../gateways/connection-target';
import { desiredStateIsReadOnly, GatewayNotFoundError, PasswordRequiredError } from '../../gateways/gateway.errors';
import { GatewaysService } from '../../gateways/gateways.service';
import { originOf, originText } from '../../gateways/origin';
import { brokenBindings, requireWss } from '../../gateways/password-binding';
import { AccountBudgetSpentError, NotReadyError } from '../connection.errors';
import type { Reason } from '../connection-state';
import { ConnectionSupervisor } from '../connection.supervisor';
import { ConnectionTools } from '../connection-tools';
import { SessionLiveError, TooManyTestsError } from './connection-test.errors';
import { DraftLogins } from './draft-logins';
import { Ladder } from './ladder';
import type { Candidate, LoginOutcome, LoginPermit, Rung } from './ladder';
import { TestedLogin } from './tested-login';

const MAX_TESTS_AT_ONCE = 20;

const SPENT: Reason = {
  step: 'login',
  code: 'login_refused',
  message: 'Not sent: the gateway has refused this login too often. Change it, send connect, or wait',
};

const OUTDATED: Reason = {
  step: 'login',
  code: 'login_refused',
  message: 'Not sent: the gateway was changed meanwhile, or its row is in use. Test it again',
};

/** How a test went. */
export interface TestResult {
  readonly ok: boolean;
  readonly rungs: readonly Rung[];
}

interface TestOptions {
  /** Test even if the gateway has a live session. */
  readonly isForced: boolean;
  /** If it is sent, it must be the stored one. */
  readonly desiredState?: DesiredState | undefined;
}

/** What a test is logged with. */
interface LogContext {
  readonly gatewayId?: string;
  readonly isForced?: boolean;
}

interface Climb {
  readonly result: TestResult;
  readonly login: LoginOutcome;
}

/** Tries connections without keeping them. Nothing of a test is stored, except that a refused login counts. */
@Injectable()
export class ConnectionTestsService implements OnModuleInit {
  private readonly running = new Set<Ladder>();
  private readonly drafts: DraftLogins;
  /** What is being tested: two at once would both be sent before the refusal of either is known. */
  private readonly underTest = new Set<string>();
  private isClosing = false;

  constructor(
    private readonly gateways: GatewaysService,
    private readonly supervisor: ConnectionSupervisor,
    private readonly tools: ConnectionTools,
    private readonly adapterHost: HttpAdapterHost,
    @InjectPinoLogger(ConnectionTestsService.name) private readonly logger: PinoLogger,
  ) {
    this.drafts = new DraftLogins(tools.settings.authRetryMs);
  }

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance<FastifyInstance>();
    server.addHook('preClose', (done) => {
      this.isClosing = true;
      this.abandonAll(); // A server that closes waits for its requests, and a test can take long.
      done();
    });
  }

  /** Ends every test that is running: each says that the service is not ready. */
  abandonAll(): void {
    for (const ladder of this.running) ladder.abandon(new NotReadyError());
  }

  /**
   * Tests what is not stored.
   * @throws TlsNeedsWssError, AddressRefusedError, AccountBudgetSpentError, TooManyTestsError, NotReadyError when the service ends meanwhile
   */
  async testDraft(candidate: Candidate): Promise<TestResult> {
    requireWss(candidate);
    this.gateways.requireAllowedAddress(candidate.url);
    this.requireBudget(candidate);
    return (await this.climbAsDraft(candidate, {})).result;
  }

  /**
   * Tests a stored gateway, optionally with changes. A test with its stored login spends its login budget. The stored password is
   * never sent to a destination it was not given for.
   * @throws GatewayNotFoundError, ReadOnlyFieldError, PasswordRequiredError, TlsNeedsWssError, AddressRefusedError, AccountBudgetSpentError, SessionLiveError,
   * TooManyTestsError, NotReadyError
   */
  async testStored(
    gatewayId: string,
    changes: Partial<Candidate>,
    { isForced, desiredState }: TestOptions,
  ): Promise<TestResult> {
    if (!this.supervisor.isRunning) throw new NotReadyError();
    const [target] = await this.gateways.findConnectionTargets([gatewayId]);
    if (!target) throw new GatewayNotFoundError(gatewayId);
    if ((desiredState ?? target.gateway.desiredState) !== target.gateway.desiredState) throw desiredStateIsReadOnly();

    const { url, tls, email, password } = target;
    if (changes.url !== undefined && changes.url !== url) this.gateways.requireAllowedAddress(changes.url);
    const candidate = { url, tls, email, password, ...changes };
    if (changes.password === undefined && brokenBindings(target, candidate).length > 0)
      throw new PasswordRequiredError();
    if (url !== candidate.url || !isDeepStrictEqual(tls, candidate.tls)) requireWss(candidate);
    this.requireBudget(candidate);
    const giveBack = isForced ? () => undefined : await this.borrow(gatewayId);
    try {
      return await this.alone(gatewayId, async () => {
        const logContext = { gatewayId, isForced };
        const isOwn = hasSameLogin(target, candidate);
        const climb = isOwn ? this.climbAs(target, candidate, logContext) : this.climbAsDraft(candidate, logContext);
        return (await climb).result;
      });
    } finally {
      giveBack();
    }
  }

  /** Keeps the gateway's session from dialling until the returned function is called. */
  private async borrow(gatewayId: string): Promise<() => void> {
    let giveBack: () => void = () => undefined;
    const returned = new Promise<void>((resolve) => (giveBack = resolve));
    const free = this.supervisor.lend(gatewayId, returned);
    if (!free) throw new SessionLiveError();
    await free;
    return giveBack;
  }

  private async alone<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    if (this.underTest.has(key)) throw new TooManyTestsError();
    this.underTest.add(key);
    try {
      return await work();
    } finally {
      this.underTest.delete(key);
    }
  }

  /** Checked before dialling. The budget is checked again before the login is sent. */
  private requireBudget(candidate: Candidate): void {
    const waitMs = this.tools.accounts.msUntilFree(candidate);
    if (waitMs > 0) throw new AccountBudgetSpentError(waitMs);
  }

  private climbAsDraft(candidate: Candidate, logContext: LogContext): Promise<Climb> {
    return this.alone(this.drafts.digest(candidate), async () => {
      const permit = () => Promise.resolve(this.drafts.isAllowed(candidate) ? null : SPENT);
      const climb = await this.climb(candidate, permit, logContext);
      if (climb.login === 'refused') this.drafts.refused(candidate);
      if (climb.login === 'accepted') this.drafts.accepted(candidate);
      return climb;
    });
  }

  private async climbAs({ gateway }: ConnectionTarget, candidate: Candidate, logContext: LogContext): Promise<Climb> {
    const { logins, settings } = this.tools;
    const attempt = { gatewayId: gateway.id, connectionVersion: gateway.connectionVersion };
    let isRecorded = false as boolean; // The permit sets it.
    const permit = async () => {
      const verdict = await logins.take(attempt, AbortSignal.timeout(settings.loginTimeoutMs));
      isRecorded = verdict === 'granted';
      if (verdict === 'outdated') return OUTDATED;
      return isRecorded ? null : SPENT;
    };
    const climb = await this.climb(candidate, permit, logContext);
    if (climb.login === 'refused') logins.refused(attempt, isRecorded, performance.now() + settings.authRetryMs);
    else if (isRecorded && climb.login === 'accepted') logins.accepted(attempt);
    else if (isRecorded) logins.returned(attempt);
    await logins.flush();
    await this.supervisor.learnLogin(gateway.id);
    return climb;
  }

  private async climb(candidate: Candidate, permit: LoginPermit, logContext: LogContext): Promise<Climb> {
    if (this.running.size >= MAX_TESTS_AT_ONCE) throw new TooManyTestsError();
    if (this.isClosing) throw new NotReadyError();
    const { accounts, transport, settings } = this.tools;
    const login = new TestedLogin(accounts, candidate, settings.loginTimeoutMs);
    const ladder = new Ladder(transport, settings.loginTimeoutMs, () => login.permit(permit));
    this.running.add(ladder);
    let outcome: LoginOutcome = 'refused'; // If the test is cut short.
    try {
      await ladder.climb(candidate);
      outcome = ladder.loginOutcome;
    } finally {
      login.end(outcome);
      await ladder.closed; // Whoever comes next may dial only then.
      this.running.delete(ladder);
      this.log(candidate, ladder.rungs, logContext);
    }
    const { rungs } = ladder;
    return { result: { ok: rungs.every(({ ok }) => ok), rungs }, login: outcome };
  }

  /** Logs where a login was sent, but never the path, the query or the login. */
  private log({ url }: Candidate, rungs: readonly Rung[], { gatewayId, isForced }: LogContext): void {
    const last = rungs.at(-1);
    const ok = last?.step === 'subscribe' && last.ok;
    const failedStep = ok ? undefined : last?.ok === false ? last.step : 'ended early';
    this.logger.info({ gatewayId, isForced, ...originOf(url), ok, failedStep }, 'connection tested');
  }
}

/** Whether the candidate uses the stored login: the same account at the same origin, whatever the path. */
function hasSameLogin(stored: ConnectionTarget, { url, email, password }: Candidate): boolean {
  if (originText(url) !== originText(stored.url)) return false;
  if (email !== stored.email) return false; // To a gateway, another case may be another account: its refusal must not count for this one.
  return password === stored.password || password.revealOrNull() === stored.password.revealOrNull();
}
