import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { ConnectionTarget } from '../../gateways/connection-target';
import { GatewayNotFoundError } from '../../gateways/gateway.errors';
import { GatewaysService } from '../../gateways/gateways.service';
import { NotReadyError } from '../connection.errors';
import type { Reason } from '../connection-state';
import { ConnectionSupervisor } from '../connection.supervisor';
import { ConnectionTools } from '../connection-tools';
import { SessionLiveError, TooManyTestsError } from './connection-test.errors';
import { DraftLogins } from './draft-logins';
import { Ladder } from './ladder';
import type { Candidate, LoginOutcome, LoginPermit, Rung } from './ladder';

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
   * @throws AddressRefusedError, TooManyTestsError, NotReadyError when the service ends meanwhile
   */
  async testDraft(candidate: Candidate): Promise<TestResult> {
    this.gateways.requireAllowedAddress(candidate.url);
    return (await this.climbAsDraft(candidate)).result;
  }

  /**
   * Tests a stored gateway, with some changes perhaps. With its own login it spends the gateway's login budget.
   * @param isForced also beside its session
   * @throws GatewayNotFoundError, AddressRefusedError, SessionLiveError, TooManyTestsError, NotReadyError
   */
  async testStored(gatewayId: string, changes: Partial<Candidate>, isForced: boolean): Promise<TestResult> {
    if (!this.supervisor.isRunning) throw new NotReadyError();
    const [target] = await this.gateways.findConnectionTargets([gatewayId]);
    if (!target) throw new GatewayNotFoundError(gatewayId);

    const { url, tls, email, password } = target;
    if (changes.url !== undefined && changes.url !== url) this.gateways.requireAllowedAddress(changes.url);
    const candidate = { url, tls, email, password, ...changes };
    const giveBack = isForced ? () => undefined : await this.borrow(gatewayId);
    try {
      return await this.alone(gatewayId, async () => {
        const isOwn = hasSameLogin(target, candidate);
        return (await (isOwn ? this.climbAs(target, candidate) : this.climbAsDraft(candidate))).result;
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

  private climbAsDraft(candidate: Candidate): Promise<Climb> {
    return this.alone(this.drafts.digest(candidate), async () => {
      const permit = () => Promise.resolve(this.drafts.isAllowed(candidate) ? null : SPENT);
      const climb = await this.climb(candidate, permit);
      if (climb.login === 'refused') this.drafts.refused(candidate);
      if (climb.login === 'accepted') this.drafts.accepted(candidate);
      return climb;
    });
  }

  private async climbAs({ gateway }: ConnectionTarget, candidate: Candidate): Promise<Climb> {
    const { logins, settings } = this.tools;
    const attempt = { gatewayId: gateway.id, connectionVersion: gateway.connectionVersion };
    let isRecorded = false as boolean; // The permit sets it.
    const climb = await this.climb(candidate, async () => {
      const verdict = await logins.take(attempt, AbortSignal.timeout(settings.loginTimeoutMs));
      isRecorded = verdict === 'granted';
      if (verdict === 'outdated') return OUTDATED;
      return isRecorded ? null : SPENT;
    });
    if (climb.login === 'refused') logins.refused(attempt, isRecorded, performance.now() + settings.authRetryMs);
    else if (isRecorded && climb.login === 'accepted') logins.accepted(attempt);
    else if (isRecorded) logins.returned(attempt);
    await logins.flush();
    await this.supervisor.learnLogin(gateway.id);
    return climb;
  }

  private async climb(candidate: Candidate, permit: LoginPermit): Promise<Climb> {
    if (this.running.size >= MAX_TESTS_AT_ONCE) throw new TooManyTestsError();
    if (this.isClosing) throw new NotReadyError();
    const ladder = new Ladder(this.tools.transport, this.tools.settings.loginTimeoutMs, permit);
    this.running.add(ladder);
    try {
      await ladder.climb(candidate);
    } finally {
      await ladder.closed; // Whoever comes next may dial only then.
      this.running.delete(ladder);
    }
    const { rungs, loginOutcome: login } = ladder;
    return { result: { ok: rungs.every(({ ok }) => ok), rungs }, login };
  }
}

/** Whether it tries the login that is stored: the same account of the same gateway. */
function hasSameLogin(stored: ConnectionTarget, { url, email, password }: Candidate): boolean {
  if (url !== stored.url || email !== stored.email) return false;
  return password === stored.password || password.revealOrNull() === stored.password.revealOrNull();
}
