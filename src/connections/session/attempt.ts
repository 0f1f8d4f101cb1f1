import type { ConnectionTarget } from '../../gateways/connection-target';
import type { Reason } from '../../gateway-client/failure';
import type { Liveness } from '../../status/connection-state';
import type { DialPacer, DialPriority } from '../dial-pacer';
import { AnswerDeadline } from '../../gateway-client/answer-deadline';
import { NO_REPLY_WINDOW_MS, readLoginAnswer, readSubscribeAnswer } from '../../gateway-client/protocol/answers';
import { PARSED_BYTES, decode, encode } from '../../gateway-client/protocol/codec';
import { login, readLogin, subscribe, unsubscribe } from '../../gateway-client/protocol/frames';
import type { InboundFrame } from '../../gateway-client/protocol/frames';
import { CREDENTIALS_UNREADABLE, LOGIN_UNANSWERED, loggedOut, lossOf } from '../../gateway-client/reasons';
import { KEPT_BYTES } from '../../gateway-client/transport/bounded-receiver';
import type { OpenedEnd, Socket, SocketEnd, SocketListener, Transport } from '../../gateway-client/transport/transport';
import { forPeople } from '../../gateway-client/protocol/gateway-text';
import type { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';
import type { Watched } from './life-signs';
import type { SessionEvent } from './session.machine';

/** RFC 6455, section 7.4.1: the gateway rejects this client by policy, which is unlikely to change soon. */
const POLICY_VIOLATION = 1008;

/** Shared by the attempts of all sessions. */
export interface AttemptTools {
  readonly transport: Transport;
  readonly pacer: DialPacer;
  readonly heartbeat: Heartbeat;
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
  /** @param isVerified whether the gateway's certificate was verified; null where there is none */
  onOpen(isVerified: boolean | null): void;
  onSent(): void;
  /** @param isReadable false if the message was not a frame and is dropped */
  onMessage(isReadable: boolean): void;
  /** @param isReceiving whether a message has been received in part */
  onReceiving(isReceiving: boolean): void;
  /** A sign of life other than a message. @param latencyMs null if it answers no ping */
  onPong(latencyMs: number | null): void;
  onLiveness(liveness: Liveness): void;
}

/**
 * One attempt to connect to a gateway and to stay connected: one socket and the timers that belong to it. Reports nothing after
 * `end()`.
 */
export class Attempt implements SocketListener, Watched {
  /** Whether `end()` was called. */
  isOver = false;
  /** Cancels waits that precede the login. Dropped after it: one AbortController per idle session is measurable memory. */
  private waiting: AbortController | undefined;
  private isUrgent = false;
  /** The priority with which it waits to dial; null when it does not wait. */
  private waitsAs: DialPriority | null = null;
  private target: ConnectionTarget | undefined;
  /** The encoded login, until it is sent. */
  private loginFrame = '';
  private socket: Socket | undefined;
  /** Whether the socket is gone for good. */
  private isGone = false;
  private markGone: (() => void) | undefined;
  private lifeSigns: LifeSigns | undefined;
  /** The command that an error would answer. The protocol itself does not tie an answer to its command. */
  private pending: 'login' | 'subscribe' | null = null;
  /** The deadline for the answer to `pending`. */
  private answerDeadline: AnswerDeadline | undefined;
  private stableTimer: NodeJS.Timeout | undefined;
  private isLoggedIn = false;

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

    const password = target.password.revealOrNull();
    if (password === null) {
      this.report({ type: 'credentialsUnreadable', reason: CREDENTIALS_UNREADABLE });
      return;
    }
    this.target = target;
    this.loginFrame = encode(login(target.email, password)); // Decryption is expensive; do it once per login.
    this.socket = this.tools.transport.open(target, this);
    if (this.isUrgent) this.socket.hurry();
  }

  /** Prioritizes this attempt, because an operator waits for it. */
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

  /** Sends the subscription. No error before the deadline means success. */
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

  /** @returns a promise that resolves when the sockets of this attempt and of earlier ones are gone */
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
    if (this.isLoggedIn) this.send(encode(unsubscribe)); // Best effort: nothing waits for it.
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

  /** Makes gateway text safe to show. Decrypts the password again rather than keep it in plain text while the session lives. */
  private forPeople(text: string): string {
    const { target } = this;
    return forPeople(text, target?.password.revealOrNull() ?? '', target?.email);
  }

  private lose(reason: Reason): void {
    this.report({ type: 'connectionLost', reason });
  }

  /** Drops events after the attempt is over: they must not affect the attempt that replaced it. */
  private report(event: SessionEvent): void {
    if (!this.isOver) this.onEvent(event);
  }
}
