import type { ConnectionTarget } from '../../gateways/connection-target';
import type { Liveness, Reason } from '../connection-state';
import type { DialPacer, DialPriority } from '../dial-pacer';
import { NO_REPLY_WINDOW_MS, readLoginAnswer, readSubscribeAnswer } from '../protocol/answers';
import { decode, encode } from '../protocol/codec';
import { login, subscribe, unsubscribe } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import { CREDENTIALS_UNREADABLE, LOGIN_UNANSWERED, lossOf } from '../reasons';
import type { OpenedEnd, Socket, SocketEnd, Transport } from '../transport/transport';
import { forPeople } from './gateway-text';
import type { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';
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
  /** @param isVerified whether the gateway's certificate was verified; null where there is none */
  onOpen(isVerified: boolean | null): void;
  onSent(): void;
  /** @param isReadable whether it was a frame at all; what is none is dropped */
  onMessage(isReadable: boolean): void;
  /** A sign of life that is no message. @param latencyMs null when it answers no ping */
  onPong(latencyMs: number | null): void;
  onLiveness(liveness: Liveness): void;
}

/**
 * One try to reach a gateway and to stay with it: one socket, and every timer that belongs to it. It has its own end: once
 * `end()` was called nothing of it is heard again, and when `closed` resolves no socket of it or of those before it is left.
 */
export class Attempt {
  readonly closed: Promise<void>;
  private markGone!: () => void;
  private readonly ending = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Where it waits for its turn to dial. */
  private waitsAs: DialPriority | null = null;
  private socket: Socket | undefined;
  private lifeSigns: LifeSigns | undefined;
  /** The command that an error would answer: nothing on the wire ties an answer to its command. */
  private pending: 'login' | 'subscribe' | null = null;
  private isLoggedIn = false;

  constructor(
    private readonly tools: AttemptTools,
    private readonly onEvent: (event: SessionEvent) => void,
    private readonly listener: AttemptListener,
    private readonly previous: Promise<void>,
  ) {
    const gone = new Promise<void>((resolve) => (this.markGone = resolve));
    this.closed = previous.then(() => gone);
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.ending.signal;
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
    await this.tools.pacer.turn(priority, this.signal);
    this.waitsAs = null;
    if (this.signal.aborted) return;

    const password = target.password.revealOrNull();
    if (password === null) {
      this.report({ type: 'credentialsUnreadable', reason: CREDENTIALS_UNREADABLE });
      return;
    }
    this.socket = this.tools.transport.open(target, {
      onOpen: (isVerified) => this.onOpen(isVerified),
      onMessage: (text) => this.receive(text, password),
      onPing: () => this.onPong(null),
      onPong: () => this.onPong(this.lifeSigns?.pongReceived() ?? null),
      onClosing: (end) => this.loseOpen(end, password),
      onClose: (end) => this.onClose(end, password),
    });
  }

  sendLogin({ email, password }: ConnectionTarget): void {
    this.pending = 'login';
    this.send(encode(login(email, password.reveal())));
    this.after(this.tools.settings.loginTimeoutMs, () => {
      if (this.pending === 'login') this.lose(LOGIN_UNANSWERED);
    });
  }

  /** Silence is success. */
  subscribe(): void {
    this.pending = 'subscribe';
    this.send(encode(subscribe));
    this.after(NO_REPLY_WINDOW_MS, () => (this.pending = null));
  }

  watchLiveness(): void {
    this.lifeSigns = new LifeSigns(this.tools.heartbeat, {
      ping: () => this.socket?.ping(),
      send: (text) => this.send(text),
      onSilence: () => this.onSilence(),
      onLiveness: (liveness) => this.listener.onLiveness(liveness),
    });
    this.after(this.tools.settings.stableAfterMs, () => this.report({ type: 'provedStable' }));
  }

  end(): void {
    if (this.signal.aborted) return;
    this.ending.abort();
    this.timers.forEach(clearTimeout);
    this.lifeSigns?.stop();
    if (!this.socket) return this.markGone();
    if (this.isLoggedIn) this.send(encode(unsubscribe)); // As far as it gets: nobody waits for it.
    this.socket.close();
  }

  private onOpen(isVerified: boolean | null): void {
    if (this.signal.aborted) return;
    this.listener.onOpen(isVerified);
    this.report({ type: 'socketOpened' });
  }

  private receive(text: string, password: string): void {
    if (this.signal.aborted) return;
    const frame = decode(text);
    this.lifeSigns?.messageReceived(frame);
    this.listener.onMessage(frame !== null);
    if (frame && this.pending) this.readAnswer(frame, this.pending, password);
  }

  private readAnswer(frame: InboundFrame, pending: 'login' | 'subscribe', password: string): void {
    const read = pending === 'login' ? readLoginAnswer : readSubscribeAnswer;
    const answer = read(frame, (text) => forPeople(text, password));
    if (!answer) return;
    this.pending = null;
    if (answer.type === 'failed') return this.lose(answer.reason);
    if (answer.type === 'refused') {
      const nextLoginAt = new Date(Date.now() + this.tools.settings.authRetryMs);
      return this.report({ type: 'loginRefused', reason: answer.reason, nextLoginAt });
    }
    this.isLoggedIn = true;
    this.report({ type: 'loginAccepted' });
  }

  private onPong(latencyMs: number | null): void {
    if (this.signal.aborted) return;
    this.lifeSigns?.signOfLife();
    this.listener.onPong(latencyMs);
  }

  private onSilence(): void {
    this.socket?.terminate();
    this.lose({ step: 'live', code: 'heartbeat_timeout', message: 'No sign of life after a ping' });
  }

  private onClose(end: SocketEnd, password: string): void {
    this.markGone();
    if (end.opened) this.loseOpen(end, password);
    else this.lose(end.reason);
  }

  private loseOpen(end: OpenedEnd, password: string): void {
    const reason = lossOf(end, this.isLoggedIn, (text) => forPeople(text, password));
    this.report({ type: 'connectionLost', reason, isUnwelcome: end.closeCode === POLICY_VIOLATION });
  }

  private lose(reason: Reason): void {
    this.report({ type: 'connectionLost', reason });
  }

  /** News from an attempt that is over must not touch the attempt that replaced it. */
  private report(event: SessionEvent): void {
    if (!this.signal.aborted) this.onEvent(event);
  }

  private send(text: string): void {
    if (this.socket?.send(text)) this.listener.onSent();
  }

  private after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }
}
