import type { LoginAnswer } from '../gateway-client/conversation/answers';
import { Conversation, encodeLogin } from '../gateway-client/conversation/conversation';
import type { ConversationListener } from '../gateway-client/conversation/conversation';
import type { Secret } from '../crypto/secret';
import type { Reason, Step } from '../gateway-client/failure/failure';
import { CREDENTIALS_UNREADABLE } from '../gateway-client/failure/reasons';
import type { DialStep, Endpoint, Transport } from '../gateway-client/transport/transport';

/** The result of one step. */
export interface TestStep {
  readonly step: Step;
  readonly ok: boolean;
  readonly ms: number;
  readonly reason: Reason | null;
}

/** The endpoint and the login to test. */
export interface Candidate extends Endpoint {
  readonly email: string;
  readonly password: Secret;
}

/** A gateway that is not stored, as it would be created in a factory. */
export interface Draft extends Omit<Candidate, 'gatewayId' | 'organizationId'> {
  readonly factoryId: string;
}

/** The outcome of the login, for the login budget; null if none was sent. */
export type LoginOutcome = 'accepted' | 'refused' | 'unanswered' | null;

/** Called just before the login is sent. Resolves to null if it may be sent, otherwise to the reason why not. */
export type LoginPermit = () => Promise<Reason | null>;

const STEP_OF: Record<DialStep, Step> = {
  resolve: 'resolve',
  tcp: 'tcp',
  tls: 'tls',
  upgrade: 'upgrade',
  open: 'login',
};

/**
 * Runs the steps of one connection, from the password to the subscription, on a separate socket. The first failure ends it. It takes no
 * longer than the time-outs of all steps, plus the wait for the login budgets; those for answers are extended, at most twice, while a large message is being received.
 */
export class ConnectionTest {
  readonly steps: TestStep[] = [];
  /** Resolves when its socket is gone. */
  readonly closed: Promise<void>;
  loginOutcome: LoginOutcome = null;
  private markClosed!: () => void;
  private finish!: (error?: Error) => void;
  private readonly finished: Promise<void>;
  private step: Step = 'credentials';
  private since = performance.now();
  private conversation: Conversation | undefined;
  private isOver = false;

  constructor(
    private readonly transport: Transport,
    private readonly loginTimeoutMs: number,
    private readonly permit: LoginPermit,
  ) {
    this.closed = new Promise((resolve) => (this.markClosed = resolve));
    this.finished = new Promise((resolve, reject) => {
      this.finish = (error) => (error ? reject(error) : resolve());
    });
  }

  /** Resolves when all steps succeeded or one failed; the socket may still be closing. Rejects if the permit does. */
  run(candidate: Candidate): Promise<void> {
    const login = encodeLogin(candidate);
    if (login === null) {
      this.markClosed();
      this.fail(CREDENTIALS_UNREADABLE);
      return this.finished;
    }
    this.reach('resolve');
    this.conversation = new Conversation(this.transport, candidate, login, this.listener);
    this.conversation.hurry(); // An operator is waiting.
    return this.finished;
  }

  /** Ends the test now: `run` rejects with this error. */
  abandon(error: Error): void {
    this.over(error);
  }

  private get listener(): ConversationListener {
    const ignore = (): void => undefined; // A test is over before liveness or readings matter.
    return {
      onStep: (step) => this.reach(STEP_OF[step]),
      onOpen: () => void this.logIn().catch((error: unknown) => this.over(error as Error)),
      onLost: (reason) => this.fail(reason),
      onClosed: () => this.markClosed(),
      ...{
        onSent: ignore,
        onMessage: ignore,
        onMessageBegins: ignore,
        onFrame: ignore,
        onPing: ignore,
        onPong: ignore,
      },
    };
  }

  private async logIn(): Promise<void> {
    const barred = await this.permit();
    if (this.isOver) return;
    if (barred) {
      this.fail(barred);
      return;
    }
    this.loginOutcome = 'unanswered';
    this.conversation?.logIn(this.loginTimeoutMs, (answer) => this.onLoginAnswer(answer));
  }

  private onLoginAnswer(answer: LoginAnswer): void {
    if (answer.type !== 'failed') this.loginOutcome = answer.type;
    if (answer.type !== 'accepted') return this.fail(answer.reason);
    this.reach('subscribe');
    this.conversation?.subscribe((refusal) => {
      if (refusal) return this.fail(refusal);
      this.complete(null);
      this.over();
    });
  }

  private reach(step: Step): void {
    if (this.isOver || step === this.step) return;
    this.complete(null);
    this.step = step;
    this.since = performance.now();
  }

  private fail(reason: Reason): void {
    if (this.isOver) return;
    this.dropResultsFrom(reason.step);
    this.complete(reason);
    this.over();
  }

  /** A step's failure may surface only in the next step. Removes the result of the failed step and of those after it. */
  private dropResultsFrom(step: Step): void {
    const index = this.steps.findIndex((each) => each.step === step);
    if (index < 0) return;
    this.since -= this.steps.splice(index).reduce((sum, { ms }) => sum + ms, 0);
    this.step = step;
  }

  private complete(reason: Reason | null): void {
    const ms = Math.round((performance.now() - this.since) * 10) / 10;
    this.steps.push({ step: this.step, ok: reason === null, ms, reason });
  }

  private over(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.conversation?.close();
    this.finish(error);
  }
}
