import type { ConnectionTarget } from '../../gateways/connection-target';
import type { Liveness, Reason } from '../connection-state';
import type { DialPacer, DialPriority } from '../dial-pacer';
import { AnswerDeadline } from './answer-deadline';
import { NO_REPLY_WINDOW_MS, readLoginAnswer, readSubscribeAnswer } from '../protocol/answers';
import { PARSED_BYTES, decode, encode } from '../protocol/codec';
import { login, readLogin, subscribe, unsubscribe } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import { CREDENTIALS_UNREADABLE, LOGIN_UNANSWERED, loggedOut, lossOf } from '../reasons';
import { KEPT_BYTES } from '../transport/bounded-receiver';
import type { OpenedEnd, Socket, SocketEnd, SocketListener, Transport } from '../transport/transport';
import { forPeople } from './gateway-text';
import type { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';
import type { Watched } from './life-signs';
import type { SessionEvent } from './session.machine';

/** RFC 6455, section 7.4.1: the other end has a rule against us, and will have it for a while. */
const POLICY_VIOLATION = 1008;

/** What the attempts of all sessions share. */
export interface AttemptTools {
  readonly transport: Transport;
  readonly pacer: DialPacer;
  readonly heartbeat: Heartbeat;
  readonly settings: {
    readonly loginTimeoutMs: number;
    readonly stableAfterMs: number;
    /** Between tries of a login that was refused. */
    readonly authRetryMs: number;
  };
}

/** What an attempt tells, besides the events of its session. */
export interface AttemptListener {
  /** Whether the gateway's last answer to a probe was an error. Survives reconnects. */
  isProbeRefused: boolean;
  /** @param isVerified whether the gateway's certificate was verified; null where there is none */
  onOpen(isVerified: boolean | null): void;
  onSent(): void;
  /** @param isReadable whether it was a frame at all; what is none is dropped */
  onMessage(isReadable: boolean): void;
  /** @param isReceiving whether a message has been received in part */
  onReceiving(isReceiving: boolean): void;
  /** A sign of life that is no message. @param latencyMs null when it answers no ping */
  onPong(latencyMs: number | null): void;
  onLiveness(liveness: Liveness): void;
}

/**
 * One try to reach a gateway and to stay with it: one socket, and every timer that belongs to it. It has its own end: once
 * `end()` was called nothing of it is heard again.
 */
export class Attempt implements SocketListener, Watched {
  /** Whether `end()` was called. */
  isOver = false;
  /** Of those who wait with it for something before the login. Let go then: it is a heavy thing to keep for each session. */
  private waiting: AbortController | undefined;
  private isUrgent = false;
  /** Where it waits for its turn to dial. */
  private waitsAs: DialPriority | null = null;
  private target: ConnectionTarget | undefined;
  /** What logs in, until it is sent. */
  private loginFrame = '';
  private socket: Socket | undefined;
  /** Whether the socket is gone for good. */
  private isGone = false;
  private markGone: (() => void) | undefined;
  private lifeSigns: LifeSigns | undefined;
  /** The command that an error would answer: nothing on the wire ties an answer to its command. */
  private pending: 'login' | 'subscribe' | null = null;
  /** Until when an answer to it may come. */
  private answerDeadline: AnswerDeadline | undefined;
  private stableTimer: NodeJS.Timeout | undefined;
  private isLoggedIn = false;

  constructor(
    private readonly tools: AttemptTools,
    private readonly onEvent: (event: SessionEvent) => void,
    private readonly listener: AttemptListener,
    private readonly previous: Promise<void>,
  ) {}

  /** Aborts when it ends. To be asked for before that, and before it is logged in. */
  get signal(): AbortSignal {
    this.waiting ??= new AbortController();
    return this.waiting.signal;
  }

  /** Whether it waits for its turn behind all that are not repeated failures. */
  get isWaitingLast(): boolean {
    return this.waitsAs === 'repeated';
  }

  /**
   * Dials when the socket before it is gone and its turn has come.
   * @param ready what else it waits for
   */
  async dial(target: ConnectionTarget, priority: DialPriority, ready: Promise<void>): Promise<void> {
    this.waitsAs = priority;
    await ready;
    await this.previous; // Two sockets to one gateway are never open at once, not even for a moment.
    if (!this.isOver) await this.tools.pacer.turn(priority, this.signal);
    this.waitsAs = null;
    if (this.isOver) return;

    const password = target.password.revealOrNull();
    if (password === null) {
      this.report({ type: 'credentialsUnreadable', reason: CREDENTIALS_UNREADABLE });
      return;
    }
    this.target = target;
    this.loginFrame = encode(login(target.email, password)); // Opening a password is dear: once for each login is enough.
    this.socket = this.tools.transport.open(target, this);
    if (this.isUrgent) this.socket.hurry();
  }

  /** A person waits for this attempt. */
  hurry(): void {
    this.isUrgent = true;
    this.socket?.hurry();
  }

  sendLogin(): void {
    this.pending = 'login';
    this.send(this.loginFrame);
    this.loginFrame = '';
    this.awaitAnswer(this.tools.settings.loginTimeoutMs, () => this.lose(LOGIN_UNANSWERED));
  }

  /** Silence is success. */
  subscribe(): void {
    this.pending = 'subscribe';
    this.send(encode(subscribe));
    this.awaitAnswer(NO_REPLY_WINDOW_MS, () => this.answered());
  }

  watchLiveness(): void {
    this.lifeSigns = new LifeSigns(this.tools.heartbeat, this);
    this.stableTimer = setTimeout(() => {
      this.stableTimer = undefined;
      this.report({ type: 'provedStable' });
    }, this.tools.settings.stableAfterMs);
  }

  /** @returns what resolves when no socket of it, or of those before it, is left */
  end(): Promise<void> {
    this.isOver = true;
    this.waiting?.abort();
    this.answerDeadline?.clear();
    clearTimeout(this.stableTimer);
    this.lifeSigns?.stop();
    this.listener.onReceiving(false);
    if (!this.socket) return this.previous;
    if (this.isGone) return Promise.resolve();

    const gone = new Promise<void>((resolve) => (this.markGone = resolve));
    if (this.isLoggedIn) this.send(encode(unsubscribe)); // As far as it gets: nobody waits for it.
    this.socket.close();
    return gone;
  }

  onOpen(isVerified: boolean | null): void {
    if (this.isOver) return;
    this.listener.onOpen(isVerified);
    this.report({ type: 'socketOpened' });
  }

  onMessage(data: Buffer, isWhole: boolean): void {
    if (this.isOver) return;
    // An answer to a command is parsed whatever its size: there is only one per command.
    const frame = decode(data, this.pending ? KEPT_BYTES : PARSED_BYTES);
    this.lifeSigns?.signOfLife();
    this.listener.onMessage(frame !== null || !isWhole);
    if (!frame) return;
    if (this.pending && this.readAnswer(frame, this.pending)) return;
    if (frame.type === 'RTN_LOGIN') this.readUnaskedLogin(frame);
    else this.lifeSigns?.frameReceived(frame);
  }

  onMessageBegins(): void {
    if (!this.isOver) this.listener.onReceiving(true);
  }

  onPing(): void {
    this.seeLife(null);
  }

  onPong(): void {
    if (!this.isOver) this.seeLife(this.lifeSigns?.pongReceived() ?? null);
  }

  onClosing(end: OpenedEnd): void {
    if (this.isOver) return;
    const reason = lossOf(end, this.isLoggedIn, (text) => this.forPeople(text));
    this.report({ type: 'connectionLost', reason, isUnwelcome: end.closeCode === POLICY_VIOLATION });
  }

  onClose(end: SocketEnd): void {
    this.isGone = true;
    this.markGone?.();
    if (end.opened) this.onClosing(end);
    else this.lose(end.reason);
  }

  get bytesReceived(): number {
    return this.socket?.bytesReceived ?? 0;
  }

  get isHeld(): boolean {
    return this.socket?.isHeld ?? false;
  }

  get isProbeRefused(): boolean {
    return this.listener.isProbeRefused;
  }

  set isProbeRefused(isRefused: boolean) {
    this.listener.isProbeRefused = isRefused;
  }

  ping(): void {
    this.socket?.ping();
  }

  send(text: string): void {
    if (this.socket?.send(text)) this.listener.onSent();
  }

  onSilence(): void {
    this.socket?.terminate();
    this.lose({ step: 'live', code: 'heartbeat_timeout', message: 'No sign of life after a ping' });
  }

  onLiveness(liveness: Liveness): void {
    this.listener.onLiveness(liveness);
  }

  onBytes(): void {
    this.listener.onPong(null);
  }

  onLoggedOut(text: string): void {
    this.lose(loggedOut(this.forPeople(text)));
  }

  /** @returns whether the frame was the awaited answer */
  private readAnswer(frame: InboundFrame, pending: 'login' | 'subscribe'): boolean {
    const read = pending === 'login' ? readLoginAnswer : readSubscribeAnswer;
    const answer = read(frame, (text) => this.forPeople(text));
    if (!answer) return false;
    this.answered();
    if (answer.type === 'failed') this.lose(answer.reason);
    else if (answer.type === 'refused') {
      const nextLoginAt = performance.now() + this.tools.settings.authRetryMs;
      this.report({ type: 'loginRefused', reason: answer.reason, nextLoginAt });
    } else this.accepted();
    return true;
  }

  private accepted(): void {
    this.isLoggedIn = true;
    this.waiting = undefined;
    this.socket?.takeLargeMessages();
    this.report({ type: 'loginAccepted' });
  }

  /** Gateways repeat a positive login answer. A negative one means the session is logged out; an unclear one is verified. */
  private readUnaskedLogin({ data }: InboundFrame): void {
    if (!this.isLoggedIn) return;
    const verdict = readLogin(data);
    if (verdict === 'refused') this.lose(loggedOut(''));
    else if (verdict === 'unknown') this.lifeSigns?.verify();
  }

  private awaitAnswer(ms: number, onMissed: () => void): void {
    this.answerDeadline = new AnswerDeadline(this.socket, ms, onMissed);
  }

  private answered(): void {
    this.answerDeadline?.clear();
    this.answerDeadline = undefined;
    this.pending = null;
  }

  private seeLife(latencyMs: number | null): void {
    if (this.isOver) return;
    this.lifeSigns?.signOfLife();
    this.listener.onPong(latencyMs);
  }

  /** Opens the password again: it is not kept open for as long as a session lives. */
  private forPeople(text: string): string {
    const { target } = this;
    return forPeople(text, target?.password.revealOrNull() ?? '', target?.email);
  }

  private lose(reason: Reason): void {
    this.report({ type: 'connectionLost', reason });
  }

  /** News from an attempt that is over must not touch the attempt that replaced it. */
  private report(event: SessionEvent): void {
    if (!this.isOver) this.onEvent(event);
  }
}
