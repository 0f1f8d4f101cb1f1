import type { ConnectionTarget } from '../../gateways/connection-target';
import type { Reason } from '../../gateway-client/failure/failure';
import type { Liveness } from '../../status/connection-state';
import type { DialPacer, DialPriority } from './dial-pacer';
import { Conversation, encodeLogin } from '../../gateway-client/conversation/conversation';
import type { ConversationListener } from '../../gateway-client/conversation/conversation';
import type { Command, CommandOutcome, CommandType } from '../../gateway-client/conversation/command';
import type { LoginAnswer } from '../../gateway-client/conversation/answers';
import { readLogin } from '../../gateway-client/protocol/frames';
import type { InboundFrame } from '../../gateway-client/protocol/frames';
import type { MessageType } from '../../gateway-client/protocol/message-types';
import { CREDENTIALS_UNREADABLE, loggedOut } from '../../gateway-client/failure/reasons';
import type { DialStep, Transport } from '../../gateway-client/transport/transport';
import type { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';
import type { Watched } from './life-signs';
import type { SessionEvent } from './session.machine';
import type { SessionFigures } from './session-figures';
import { StepTimer } from './step-timer';

/** Shared by the attempts of all sessions. */
export interface AttemptTools {
  readonly transport: Transport;
  readonly pacer: DialPacer;
  readonly heartbeat: Heartbeat;
  readonly figures: SessionFigures;
  readonly settings: {
    readonly loginTimeoutMs: number;
    readonly stableAfterMs: number;
    /** Delay between tries of a refused login. */
    readonly authRetryMs: number;
  };
}

/** Receives what an attempt reports besides the events of its session. */
export interface AttemptListener {
  /** Whether the gateway's last answer to a probe was an error. Survives reconnects. */
  isProbeRefused: boolean;
  /**
   * @param isVerified whether the gateway's certificate was verified; null where there is none
   * @param expiresAt when it expires, in milliseconds since 1970
   */
  onOpen(isVerified: boolean | null, expiresAt?: number | null): void;
  onSent(): void;
  /** @param type `unreadable` if the message was not a frame and is dropped */
  onMessage(type: MessageType): void;
  /** @param isReceiving whether a message has been received in part */
  onReceiving(isReceiving: boolean): void;
  /** A sign of life other than a message. @param latencyMs null if it answers no ping */
  onPong(latencyMs: number | null): void;
  onLiveness(liveness: Liveness): void;
  /** @param command what keeps the gateway busy from now on; null: nothing any longer */
  onBusy(command: CommandType | null): void;
  /** A frame of a logged-in session that answers no command. */
  onFrame(frame: InboundFrame): void;
}

/**
 * One attempt to connect to a gateway and to stay connected: one socket and the timers that belong to it. Reports nothing after
 * `end()`.
 */
export class Attempt implements ConversationListener, Watched {
  /** Whether `end()` was called. */
  isOver = false;
  /** Cancels waits that precede the login. Dropped after it: one AbortController per idle session is measurable memory. */
  private waiting: AbortController | undefined;
  private isUrgent = false;
  /** The priority with which it waits to dial; null when it does not wait. */
  private waitsAs: DialPriority | null = null;
  private conversation: Conversation | undefined;
  /** Whether the socket is gone for good. */
  private isGone = false;
  private markGone: (() => void) | undefined;
  private lifeSigns: LifeSigns | undefined;
  private stableTimer: NodeJS.Timeout | undefined;
  private isLoggedIn = false;
  /** From the dial to the login. */
  private steps: StepTimer | undefined;

  constructor(
    private readonly tools: AttemptTools,
    private readonly onEvent: (event: SessionEvent) => void,
    private readonly listener: AttemptListener,
    private readonly previous: Promise<void>,
  ) {}

  /** Aborts when the attempt ends. Read it only before that, and before the login is accepted. */
  get signal(): AbortSignal {
    this.waiting ??= new AbortController();
    return this.waiting.signal;
  }

  /** Whether it waits to dial as a repeated failure, behind all fresh dials. */
  get isWaitingLast(): boolean {
    return this.waitsAs === 'repeated';
  }

  /** Dials when `ready` has resolved, the previous socket is gone and the pacer grants a turn. */
  async dial(target: ConnectionTarget, priority: DialPriority, ready: Promise<void>): Promise<void> {
    this.waitsAs = priority;
    await ready;
    await this.previous; // Two sockets to one gateway must never be open at once.
    if (!this.isOver) await this.tools.pacer.turn(priority, this.signal);
    this.waitsAs = null;
    if (this.isOver) return;

    const login = encodeLogin(target);
    if (login === null) {
      this.report({ type: 'credentialsUnreadable', reason: CREDENTIALS_UNREADABLE });
      return;
    }
    this.steps = new StepTimer(this.tools.figures);
    this.conversation = new Conversation(this.tools.transport, target, login, this);
    if (this.isUrgent) this.conversation.hurry();
  }

  /** Prioritizes this attempt, because an operator waits for it. */
  hurry(): void {
    this.isUrgent = true;
    this.conversation?.hurry();
  }

  /** See `Socket.checkAddress`. */
  checkAddress(): void {
    this.conversation?.checkAddress();
  }

  sendLogin(): void {
    this.steps?.begin('login');
    this.conversation?.logIn(this.tools.settings.loginTimeoutMs, (answer) => this.onLoginAnswer(answer));
  }

  /** See `Conversation.execute`. */
  execute(command: Command, onEnded: (outcome: CommandOutcome) => void): (() => void) | null {
    return this.isOver ? null : (this.conversation?.execute(command, onEnded) ?? null);
  }

  /** See `Conversation.forPeople`. Null before the dial. */
  forPeople(text: string): string | null {
    return this.conversation?.forPeople(text) ?? null;
  }

  subscribe(): void {
    this.conversation?.subscribe((refusal) => {
      if (refusal) this.lose(refusal);
    });
  }

  watchLiveness(): void {
    this.lifeSigns = new LifeSigns(this.tools.heartbeat, this);
    this.stableTimer = setTimeout(() => {
      this.stableTimer = undefined;
      this.report({ type: 'provedStable' });
    }, this.tools.settings.stableAfterMs);
  }

  /** @returns a promise that resolves when the sockets of this attempt and of earlier ones are gone */
  end(): Promise<void> {
    this.isOver = true;
    this.waiting?.abort();
    clearTimeout(this.stableTimer);
    this.lifeSigns?.stop();
    this.listener.onReceiving(false);
    if (!this.conversation) return this.previous;
    if (this.isGone) return Promise.resolve();

    const gone = new Promise<void>((resolve) => (this.markGone = resolve));
    this.conversation.close();
    return gone;
  }

  onStep(step: DialStep): void {
    if (step === 'open') this.steps?.done();
    else this.steps?.begin(step);
  }

  onOpen(isVerified: boolean | null, expiresAt?: number | null): void {
    this.listener.onOpen(isVerified, expiresAt);
    this.report({ type: 'socketOpened' });
  }

  onSent(): void {
    this.listener.onSent();
  }

  onMessage(type: MessageType): void {
    this.lifeSigns?.signOfLife();
    this.listener.onMessage(type);
  }

  onMessageBegins(): void {
    this.listener.onReceiving(true);
  }

  onBusy(command: CommandType | null): void {
    this.listener.onBusy(command);
  }

  onFrame(frame: InboundFrame): void {
    if (!this.isLoggedIn) return;
    if (frame.type === 'RTN_LOGIN') this.readUnaskedLogin(frame);
    else if (frame.type === 'RTN_ERR') this.lifeSigns?.verify();
    if (!this.isOver) this.listener.onFrame(frame);
  }

  onPing(): void {
    this.seeLife(null);
  }

  onPong(): void {
    this.seeLife(this.lifeSigns?.pongReceived() ?? null);
  }

  onLost(reason: Reason, isUnwelcome: boolean): void {
    this.report({ type: 'connectionLost', reason, isUnwelcome });
  }

  onClosed(): void {
    this.isGone = true;
    this.markGone?.();
  }

  get bytesReceived(): number {
    return this.conversation?.bytesReceived ?? 0;
  }

  get isHeld(): boolean {
    return this.conversation?.isHeld ?? false;
  }

  /** Once its reply has begun to arrive, the gateway has collected it: then silence is that of a broken link. */
  get isBusy(): boolean {
    return (this.conversation?.isGatewayBusy ?? false) && !(this.conversation?.isReceiving ?? false);
  }

  get isReplyDue(): boolean {
    return this.conversation?.isReplyDue ?? false;
  }

  get isProbeRefused(): boolean {
    return this.listener.isProbeRefused;
  }

  set isProbeRefused(isRefused: boolean) {
    this.listener.isProbeRefused = isRefused;
  }

  ping(): void {
    this.conversation?.ping();
  }

  probe(onEnded: (outcome: CommandOutcome) => void): void {
    this.conversation?.probe(onEnded);
  }

  onSilence(): void {
    this.conversation?.terminate();
    this.lose({ step: 'live', code: 'heartbeat_timeout', message: 'No sign of life after a ping' });
  }

  onLiveness(liveness: Liveness): void {
    this.listener.onLiveness(liveness);
  }

  onBytes(): void {
    this.listener.onPong(null);
  }

  onLoggedOut(text: string): void {
    this.lose(loggedOut(this.conversation?.forPeople(text) ?? ''));
  }

  private onLoginAnswer(answer: LoginAnswer): void {
    if (answer.type === 'failed') this.lose(answer.reason);
    else if (answer.type === 'refused') {
      const nextLoginAt = performance.now() + this.tools.settings.authRetryMs;
      this.report({ type: 'loginRefused', reason: answer.reason, nextLoginAt });
    } else {
      this.isLoggedIn = true;
      this.waiting = undefined;
      this.steps?.done();
      this.steps = undefined;
      this.report({ type: 'loginAccepted' });
    }
  }

  /** Gateways repeat a positive login answer. A negative one means the session is logged out; an unclear one is verified. */
  private readUnaskedLogin({ data }: InboundFrame): void {
    const verdict = readLogin(data);
    if (verdict === 'refused') this.lose(loggedOut(''));
    else if (verdict === 'unknown') this.lifeSigns?.verify();
  }

  private seeLife(latencyMs: number | null): void {
    this.lifeSigns?.signOfLife();
    this.listener.onPong(latencyMs);
  }

  private lose(reason: Reason): void {
    this.report({ type: 'connectionLost', reason });
  }

  /** Drops events after the attempt is over: they must not affect the attempt that replaced it. */
  private report(event: SessionEvent): void {
    if (!this.isOver) this.onEvent(event);
  }
}
