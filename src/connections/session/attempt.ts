import type { ConnectionTarget } from '../../gateways/connection-target';
import type { Reason } from '../connection-state';
import type { DialPacer, DialPriority } from '../dial-pacer';
import { decode, encode } from '../protocol/codec';
import { isLoginAccepted, login, readError, subscribe, unsubscribe } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import type { Socket, SocketEnd, Transport } from '../transport/transport';
import { forPeople } from './gateway-text';
import type { Heartbeat, Watch } from './heartbeat';
import type { SessionEvent } from './session.machine';

/** How long an error may follow a command that has no other answer. */
const NO_REPLY_WINDOW_MS = 1500;

/** What the attempts of all sessions share. */
export interface AttemptTools {
  readonly transport: Transport;
  readonly pacer: DialPacer;
  readonly heartbeat: Heartbeat;
  readonly settings: { readonly loginTimeoutMs: number; readonly stableAfterMs: number };
}

/** What a session hears of its attempt. */
export interface AttemptListener {
  onEvent(event: SessionEvent): void;
  onSent(): void;
  /** @param isReadable whether it was a frame at all; what is none is dropped */
  onMessage(isReadable: boolean): void;
  /** @param latencyMs null when it answers no ping */
  onPong(latencyMs: number | null): void;
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
  private watch: Watch | undefined;
  /** The command that an error would answer: nothing on the wire ties an answer to its command. */
  private pending: 'login' | 'subscribe' | null = null;
  private isLoggedIn = false;
  /** When the ping was sent that is not answered yet. */
  private pingedAt: number | null = null;

  constructor(
    private readonly tools: AttemptTools,
    private readonly listener: AttemptListener,
    private readonly previous: Promise<void>,
  ) {
    const gone = new Promise<void>((resolve) => (this.markGone = resolve));
    this.closed = previous.then(() => gone);
  }

  /** Dials when the socket before it is gone and its turn has come. */
  async dial(target: ConnectionTarget, priority: DialPriority): Promise<void> {
    this.waitsAs = priority;
    await this.previous; // Two sockets to one gateway are never open at once, not even for a moment.
    await this.tools.pacer.turn(priority, this.ending.signal);
    this.waitsAs = null;
    if (this.ending.signal.aborted) return;

    const password = this.openPassword(target);
    if (password === null) return;
    this.socket = this.tools.transport.open(target.url, {
      onOpen: () => this.report({ type: 'socketOpened' }),
      onMessage: (text) => this.receive(text, password),
      onPong: () => this.onPong(),
      onClose: (end) => this.onClose(end, password),
    });
  }

  /** Whether it waits for its turn behind all that are not repeated failures. */
  get isWaitingLast(): boolean {
    return this.waitsAs === 'repeated';
  }

  sendLogin({ email, password }: ConnectionTarget): void {
    this.pending = 'login';
    this.send(encode(login(email, password.reveal())));
    this.after(this.tools.settings.loginTimeoutMs, () => {
      if (this.pending === 'login')
        this.lose({ step: 'login', code: 'login_timeout', message: 'No answer to the login in time' });
    });
  }

  /** Silence is success. */
  subscribe(): void {
    this.pending = 'subscribe';
    this.send(encode(subscribe));
    this.after(NO_REPLY_WINDOW_MS, () => (this.pending = null));
  }

  watchLiveness(): void {
    this.watch = this.tools.heartbeat.watch({ ping: () => this.ping(), onSilence: () => this.onSilence() });
    this.after(this.tools.settings.stableAfterMs, () => this.report({ type: 'provedStable' }));
  }

  end(): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.timers.forEach(clearTimeout);
    this.watch?.stop();
    if (!this.socket) return this.markGone();
    if (this.isLoggedIn) this.send(encode(unsubscribe)); // As far as it gets: nobody waits for it.
    this.socket.close();
  }

  private openPassword({ password }: ConnectionTarget): string | null {
    try {
      return password.reveal();
    } catch {
      const message = 'The stored password cannot be opened with the configured keys; send it again';
      this.report({
        type: 'credentialsUnreadable',
        reason: { step: 'credentials', code: 'credentials_unreadable', message },
      });
      return null;
    }
  }

  private receive(text: string, password: string): void {
    if (this.ending.signal.aborted) return;
    this.watch?.signOfLife();
    const frame = decode(text);
    this.listener.onMessage(frame !== null);
    if (frame && this.pending === 'login') this.readLoginAnswer(frame, password);
    else if (frame && this.pending === 'subscribe') this.readSubscribeAnswer(frame, password);
  }

  private readLoginAnswer({ type, data }: InboundFrame, password: string): void {
    if (type === 'RTN_LOGIN' && isLoginAccepted(data)) {
      this.pending = null;
      this.isLoggedIn = true;
      this.report({ type: 'loginAccepted' });
    } else if (type === 'RTN_LOGIN') {
      const message = 'The gateway refused the login';
      this.report({ type: 'loginRefused', reason: { step: 'login', code: 'login_refused', message } });
    } else if (type === 'RTN_ERR') {
      // Any error answers the pending login; but only one that names it is about the credentials, and not about the server.
      const { attempt, text } = readError(data);
      const message = `The gateway refused the login: ${forPeople(text, password)}`;
      const reason = { step: 'login', code: 'login_refused', message } as const;
      if (attempt === 'POST_LOGIN') this.report({ type: 'loginRefused', reason });
      else this.lose(reason);
    }
  }

  private readSubscribeAnswer({ type, data }: InboundFrame, password: string): void {
    if (type !== 'RTN_ERR') return;
    const { attempt, text } = readError(data);
    if (attempt === 'POST_LOGIN') return; // A late word on the login, which was accepted.
    const message = `The gateway refused the subscription: ${forPeople(text, password)}`;
    this.lose({ step: 'subscribe', code: 'subscribe_refused', message });
  }

  private ping(): void {
    this.pingedAt ??= performance.now();
    this.socket?.ping();
  }

  private onPong(): void {
    if (this.ending.signal.aborted) return;
    this.watch?.signOfLife();
    // A gateway may send pongs that nobody asked for: RFC 6455, section 5.5.3.
    this.listener.onPong(this.pingedAt === null ? null : Math.round((performance.now() - this.pingedAt) * 10) / 10);
    this.pingedAt = null;
  }

  private onSilence(): void {
    this.socket?.terminate();
    this.lose({ step: 'live', code: 'heartbeat_timeout', message: 'No sign of life after a ping' });
  }

  private onClose(end: SocketEnd, password: string): void {
    this.markGone();
    if (!end.opened) return this.lose(end.reason);
    const message = forPeople(end.message, password);
    if (this.isLoggedIn) return this.lose({ step: 'live', code: end.code, message });
    // Before the login is answered, a broken connection is the gateway's doing as much as a closed one.
    this.lose({ step: 'login', code: end.code === 'connection_lost' ? 'closed_by_gateway' : end.code, message });
  }

  private lose(reason: Reason): void {
    this.report({ type: 'connectionLost', reason });
  }

  /** News from an attempt that is over must not touch the attempt that replaced it. */
  private report(event: SessionEvent): void {
    if (!this.ending.signal.aborted) this.listener.onEvent(event);
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
