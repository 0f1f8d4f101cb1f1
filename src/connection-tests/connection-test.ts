import type { Secret } from '../crypto/secret';
import type { Reason, Step } from '../gateway-client/failure';
import { AnswerDeadline } from '../gateway-client/answer-deadline';
import { NO_REPLY_WINDOW_MS, readLoginAnswer, readSubscribeAnswer } from '../gateway-client/protocol/answers';
import { decode, encode } from '../gateway-client/protocol/codec';
import { login, subscribe } from '../gateway-client/protocol/frames';
import { CREDENTIALS_UNREADABLE, LOGIN_UNANSWERED, lossOf } from '../gateway-client/reasons';
import { forPeople } from '../gateway-client/protocol/gateway-text';
import { KEPT_BYTES } from '../gateway-client/transport/bounded-receiver';
import type { DialStep, Endpoint, Socket, SocketEnd, Transport } from '../gateway-client/transport/transport';

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
 * longer than the time-outs of all steps; those for answers are extended, at most twice, while a large message is being received.
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
  private socket: Socket | undefined;
  private deadline: AnswerDeadline | undefined;
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
    const password = candidate.password.revealOrNull();
    if (password === null) {
      this.markClosed();
      this.fail(CREDENTIALS_UNREADABLE);
      return this.finished;
    }
    this.reach('resolve');
    this.socket = this.transport.open(candidate, {
      onStep: (step) => this.reach(STEP_OF[step]),
      onOpen: () => void this.logIn(candidate.email, password).catch((error: unknown) => this.over(error as Error)),
      onMessage: (data) => this.receive(data, candidate, password),
      onMessageBegins: () => undefined,
      onPing: () => undefined,
      onPong: () => undefined,
      onClosing: (end) => this.onEnd(end, candidate, password),
      onClose: (end) => {
        this.markClosed();
        this.onEnd(end, candidate, password);
      },
    });
    this.socket.hurry(); // An operator is waiting.
    return this.finished;
  }

  /** Ends the test now: `run` rejects with this error. */
  abandon(error: Error): void {
    this.over(error);
  }

  private async logIn(email: string, password: string): Promise<void> {
    const barred = await this.permit();
    if (this.isOver) return;
    if (barred) {
      this.fail(barred);
      return;
    }
    this.loginOutcome = 'unanswered';
    this.socket?.send(encode(login(email, password)));
    this.deadline = new AnswerDeadline(this.socket, this.loginTimeoutMs, () => this.fail(LOGIN_UNANSWERED));
  }

  private receive(data: Buffer, { email }: Candidate, password: string): void {
    if (this.isOver) return;
    const frame = decode(data, KEPT_BYTES);
    if (!frame) return;
    const clean = (said: string) => forPeople(said, password, email);
    if (this.step === 'login' && this.loginOutcome) {
      const answer = readLoginAnswer(frame, clean);
      if (answer?.type === 'accepted') return this.subscribe();
      if (answer?.type === 'refused') this.loginOutcome = 'refused';
      if (answer) this.fail(answer.reason);
    } else if (this.step === 'subscribe') {
      const answer = readSubscribeAnswer(frame, clean);
      if (answer?.type === 'failed') this.fail(answer.reason);
    }
  }

  /** No frame confirms a subscription: it succeeds unless an error arrives within the window. */
  private subscribe(): void {
    this.deadline?.clear();
    this.loginOutcome = 'accepted';
    this.reach('subscribe');
    this.socket?.send(encode(subscribe));
    this.socket?.takeLargeMessages();
    this.deadline = new AnswerDeadline(this.socket, NO_REPLY_WINDOW_MS, () => {
      this.complete(null);
      this.over();
    });
  }

  private onEnd(end: SocketEnd, { email }: Candidate, password: string): void {
    if (!end.opened) return this.fail(end.reason);
    this.fail(lossOf(end, this.loginOutcome === 'accepted', (text) => forPeople(text, password, email)));
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
    this.deadline?.clear();
    this.socket?.close();
    this.finish(error);
  }
}
