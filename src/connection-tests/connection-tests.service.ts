import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { isDeepStrictEqual } from 'node:util';
import { AuditTrail } from '../audit/audit-trail';
import { by, requireScope } from '../common/actor';
import type { Actor } from '../common/actor';
import type { DesiredState, PublicGateway } from '../events/domain-events';
import type { ConnectionTarget } from '../gateways/connection-target';
import { desiredStateIsReadOnly, GatewayNotFoundError, PasswordRequiredError } from '../gateways/gateway.errors';
import { GatewaysService } from '../gateways/gateways.service';
import { originOf, originText } from '../gateways/origin';
import { brokenBindings, requireWss } from '../gateways/password-binding';
import { AccountBudgetSpentError } from '../login-budget/login-budget.errors';
import { Readiness } from '../status/readiness';
import { NotReadyError } from '../status/status.errors';
import type { AmongGateways } from '../status/while-holding';
import type { Reason } from '../gateway-client/failure/failure';
import { ConnectionSupervisor } from '../connections/connection.supervisor';
import { ConnectionTools } from '../connections/connection-tools';
import { OrderPermission } from '../connections/order-permission';
import { SessionLiveError, TooManyTestsError } from './connection-test.errors';
import { DraftLogins } from '../login-budget/draft-logins';
import { ConnectionTest } from './connection-test';
import type { Candidate, Draft, LoginOutcome, LoginPermit, TestStep } from './connection-test';
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

export interface TestResult {
  readonly ok: boolean;
  readonly steps: readonly TestStep[];
}

interface TestOptions {
  /** Test even if the gateway has a live session. */
  readonly isForced: boolean;
  /** If present, it must equal the stored state. */
  readonly desiredState?: DesiredState | undefined;
}

/** Extra fields for the audit record and the log line of a test. */
interface TestContext {
  readonly actor: Actor;
  readonly gateway?: PublicGateway;
  readonly isForced?: boolean;
}

interface TestRun {
  readonly result: TestResult;
  readonly login: LoginOutcome;
}

/** Runs connection tests. Stores nothing of a test, except for its audit record and its effect on the login budgets. */
@Injectable()
export class ConnectionTestsService implements OnModuleInit {
  /** With the gateway that is tested; null: one that is not stored. */
  private readonly running = new Map<ConnectionTest, string | null>();
  private readonly drafts: DraftLogins;
  /** Gateways and logins under test. Of two concurrent tests, both logins would be sent before the refusal of either is known. */
  private readonly underTest = new Set<string>();
  private isClosing = false;

  constructor(
    private readonly gateways: GatewaysService,
    private readonly readiness: Readiness,
    private readonly supervisor: ConnectionSupervisor,
    private readonly tools: ConnectionTools,
    private readonly audit: AuditTrail,
    private readonly permission: OrderPermission,
    private readonly adapterHost: HttpAdapterHost,
    @InjectPinoLogger(ConnectionTestsService.name) private readonly logger: PinoLogger,
  ) {
    this.drafts = new DraftLogins(tools.settings.authRetryMs);
  }

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance<FastifyInstance>();
    server.addHook('preClose', (done) => {
      this.isClosing = true;
      this.abandonAll(); // Closing the server waits for open requests, and a test can take long.
      done();
    });
  }

  /** Ends every running test with a NotReadyError. */
  abandonAll(): void {
    for (const test of this.running.keys()) test.abandon(new NotReadyError());
  }

  /** Another process has these gateways from now on: ends their tests with a NotReadyError. */
  leave(isLeft: AmongGateways): void {
    for (const [test, gatewayId] of this.running)
      if (gatewayId !== null && isLeft(gatewayId)) test.abandon(new NotReadyError());
  }

  /**
   * Tests a gateway that is not stored.
   * @throws TlsNeedsWssError, AddressRefusedError, AccountBudgetSpentError, TooManyTestsError, OwnershipUncertainError,
   * NotReadyError if tests are ended meanwhile
   */
  async testDraft(actor: Actor, { factoryId, ...draft }: Draft): Promise<TestResult> {
    requireWss(draft);
    const organizationId = await this.gateways.findOrganizationOf(actor, factoryId);
    const candidate = { ...draft, gatewayId: null, organizationId };
    await this.gateways.requireAllowedAddress(candidate.url, organizationId);
    this.requireBudget(candidate);
    return (await this.runAsDraft(candidate, { actor })).result;
  }

  /**
   * Tests a stored gateway, optionally with changes. A test with its stored login counts against its login budget. The stored password
   * is never sent to a destination it was not given for. A test with changes needs the scope of a change.
   * @throws MissingScopeError, GatewayNotFoundError, ReadOnlyFieldError, PasswordRequiredError, TlsNeedsWssError, AddressRefusedError,
   * AccountBudgetSpentError, SessionLiveError, TooManyTestsError, NotReadyError, OwnershipUncertainError
   */
  async testStored(
    actor: Actor,
    gatewayId: string,
    changes: Partial<Omit<Candidate, 'gatewayId'>>,
    { isForced, desiredState }: TestOptions,
  ): Promise<TestResult> {
    if (Object.keys(changes).length > 0) requireScope(actor, 'gateways:write');
    this.readiness.require();
    const [target] = await this.gateways.findConnectionTargets(actor, [gatewayId]);
    if (!target) throw new GatewayNotFoundError(gatewayId);
    if ((desiredState ?? target.gateway.desiredState) !== target.gateway.desiredState) throw desiredStateIsReadOnly();

    const { url, tls, email, password, organizationId } = target;
    if (changes.url !== undefined && changes.url !== url)
      await this.gateways.requireAllowedAddress(changes.url, organizationId);
    const candidate = { gatewayId, url, tls, email, password, organizationId, ...changes };
    if (changes.password === undefined && brokenBindings(target, candidate).length > 0)
      throw new PasswordRequiredError();
    if (url !== candidate.url || !isDeepStrictEqual(tls, candidate.tls)) requireWss(candidate);
    this.requireBudget(candidate);
    const release = isForced ? () => undefined : await this.lease(gatewayId);
    try {
      return await this.alone(gatewayId, async () => {
        const context = { actor, gateway: target.gateway, isForced };
        const isOwn = hasSameLogin(target, candidate);
        const run = isOwn ? this.runAsStored(target, candidate, context) : this.runAsDraft(candidate, context);
        return (await run).result;
      });
    } finally {
      release();
    }
  }

  /** Keeps the gateway's session from dialling until the returned function is called. */
  private async lease(gatewayId: string): Promise<() => void> {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const free = this.supervisor.lease(gatewayId, released);
    if (!free) throw new SessionLiveError();
    await free;
    return release;
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

  private runAsDraft(candidate: Candidate, context: TestContext): Promise<TestRun> {
    return this.alone(this.drafts.digest(candidate), async () => {
      const permit = () => Promise.resolve(this.drafts.isAllowed(candidate) ? null : SPENT);
      const run = await this.run(candidate, permit, context);
      if (run.login === 'refused') this.drafts.refused(candidate);
      if (run.login === 'accepted') this.drafts.accepted(candidate);
      return run;
    });
  }

  private async runAsStored(
    { gateway }: ConnectionTarget,
    candidate: Candidate,
    context: TestContext,
  ): Promise<TestRun> {
    const { logins, settings } = this.tools;
    const attempt = { gatewayId: gateway.id, connectionVersion: gateway.connectionVersion };
    let isRecorded = false as boolean; // The permit sets it.
    const permit = async () => {
      const verdict = await logins.take(attempt, AbortSignal.timeout(settings.loginTimeoutMs));
      isRecorded = verdict === 'granted';
      if (verdict === 'outdated') return OUTDATED;
      return isRecorded ? null : SPENT;
    };
    const run = await this.run(candidate, permit, context);
    if (run.login === 'refused') logins.refused(attempt, isRecorded, performance.now() + settings.authRetryMs);
    else if (isRecorded && run.login === 'accepted') logins.accepted(attempt);
    else if (isRecorded) logins.returned(attempt);
    await logins.flush();
    await this.supervisor.learnLogin(gateway.id);
    return run;
  }

  private async run(candidate: Candidate, permit: LoginPermit, context: TestContext): Promise<TestRun> {
    this.requireCapacity();
    this.permission.require(candidate.gatewayId);
    await this.record(candidate, context); // Before anything is dialled: no test without its record.
    this.requireCapacity();
    const { accounts, transport, settings } = this.tools;
    const login = new TestedLogin(accounts, candidate, settings.loginTimeoutMs);
    let permitting: Promise<Reason | null> = Promise.resolve(null);
    const test = new ConnectionTest(transport, settings.loginTimeoutMs, () => (permitting = login.permit(permit)));
    this.running.set(test, candidate.gatewayId);
    let outcome: LoginOutcome = 'refused'; // Applies if the test is cut short.
    try {
      await test.run(candidate);
      outcome = test.loginOutcome;
    } finally {
      login.end(outcome);
      await test.closed; // Only then may the gateway be dialled again.
      await permitting.catch(() => undefined); // Only then is it known whether a login was charged that was not sent.
      this.running.delete(test);
      this.log(candidate, test.steps, context);
    }
    const { steps } = test;
    return { result: { ok: steps.every(({ ok }) => ok), steps }, login: outcome };
  }

  private requireCapacity(): void {
    if (this.running.size >= MAX_TESTS_AT_ONCE) throw new TooManyTestsError();
    if (this.isClosing) throw new NotReadyError();
  }

  /** Records who tests what, never the path, the query, the login or the result. */
  private record({ url }: Candidate, { actor, gateway }: TestContext): Promise<void> {
    return this.audit.record({
      actor,
      action: gateway ? 'gateway.test' : 'gateway.test_draft',
      ...(gateway && { object: { type: 'gateway', id: gateway.id } }),
      organizationId: gateway?.organizationId ?? actor.organizationId,
      changes: { origin: [null, originText(url)] },
    });
  }

  /** Logs where a login was sent, but never the path, the query or the login. */
  private log({ url }: Candidate, steps: readonly TestStep[], { actor, gateway, isForced }: TestContext): void {
    const last = steps.at(-1);
    const ok = last?.step === 'subscribe' && last.ok;
    const failedStep = ok ? undefined : last?.ok === false ? last.step : 'ended early';
    this.logger.info(
      { gatewayId: gateway?.id, isForced, ...originOf(url), ok, failedStep, ...by(actor) },
      'connection tested',
    );
  }
}

/** Whether the candidate uses the stored login: the same account at the same origin, whatever the path. */
function hasSameLogin(stored: ConnectionTarget, { url, email, password }: Candidate): boolean {
  if (originText(url) !== originText(stored.url)) return false;
  if (email !== stored.email) return false; // Another case may be another account, whose refusal must not count for this one.
  return password === stored.password || password.revealOrNull() === stored.password.revealOrNull();
}
