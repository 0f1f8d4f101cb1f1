import type { Liveness } from '../connection-state';
import { encode } from '../protocol/codec';
import { probe, readError } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import type { Heartbeat, Patient, Watch } from './heartbeat';

/** The socket whose life is watched, and its session. */
export interface Watched {
  /** Bytes received so far. */
  readonly bytesReceived: number;
  /** Whether the service itself does not read at the moment. */
  readonly isHeld: boolean;
  /** Whether this gateway's last answer to a probe was an error. Kept from one session to the next. */
  isProbeRefused: boolean;
  ping(): void;
  send(text: string): void;
  onSilence(): void;
  onLiveness(liveness: Liveness): void;
  /** More of a message has come, and nothing else. */
  onBytes(): void;
  /** The gateway answers a probe as to somebody who is not logged in. @param text what it said */
  onLoggedOut(text: string): void;
}

const PROBE = encode(probe);

/** Also a gateway that answers pings is asked, once in so many of them, whether the session is still logged in. */
const PINGS_PER_CHECK = 20;

/** Errors that nobody asked for make it ask, but no more often than this. */
const VERIFY_EVERY_MS = 60_000;

/** Why the probe was sent that is not answered yet. */
type Question = 'alive' | 'loggedIn';

/**
 * Watches the life of one logged-in socket: by WebSocket pings, or by a question to a gateway that answers those and no pings.
 * Which of the two it is, is found out by asking when a ping has been unanswered for half of its time, so that a dead
 * gateway is noticed no later. The same question shows whether the gateway still takes the session for logged in.
 */
export class LifeSigns implements Patient {
  private readonly watch: Watch;
  private liveness: Liveness = 'ping';
  /** When the ping was sent that is not answered yet. */
  private pingedAt: number | null = null;
  private question: Question | null = null;
  /** An error that named no command came in place of the answer: it may have been about something else. */
  private isDoubted = false;
  private verifiedAt = -Infinity;
  /** Spread, so that a fleet that logs in at once does not ask at once. */
  private pingsUntilCheck = Math.ceil(PINGS_PER_CHECK * (0.5 + Math.random()));

  constructor(
    heartbeat: Heartbeat,
    private readonly gateway: Watched,
  ) {
    this.watch = heartbeat.watch(this);
  }

  get bytesReceived(): number {
    return this.gateway.bytesReceived;
  }

  signOfLife(): void {
    this.watch.signOfLife();
  }

  /** Takes a frame that answers no command of the session. */
  frameReceived({ type, data }: InboundFrame): void {
    if (type === 'RTN_DYN') this.probeAnswered();
    else if (type === 'RTN_ERR') this.errorReceived(data);
  }

  /** @returns the round trip in milliseconds; null when nobody asked: a gateway may send such pongs (RFC 6455, section 5.5.3) */
  pongReceived(): number | null {
    const { pingedAt } = this;
    this.pingedAt = null;
    if (pingedAt === null) return null;
    this.use('ping');
    return Math.round((performance.now() - pingedAt) * 10) / 10;
  }

  /** Asks the gateway whether the session is still logged in, unless it was asked a moment ago. */
  verify(): void {
    const now = performance.now();
    if (now - this.verifiedAt < VERIFY_EVERY_MS) return;
    this.verifiedAt = now;
    this.ask(this.question ?? 'loggedIn');
  }

  stop(): void {
    this.watch.stop();
  }

  /** Asks for a sign of life, in the way that this gateway answers. */
  ping(): void {
    if (this.liveness === 'probe') return this.ask('alive');
    this.pingedAt ??= performance.now();
    this.gateway.ping();
    this.pingsUntilCheck -= 1;
    if (this.pingsUntilCheck > 0) return;
    this.pingsUntilCheck = PINGS_PER_CHECK;
    this.ask(this.question ?? 'loggedIn');
  }

  onDoubt(): void {
    this.ask('alive');
  }

  hasReceivedSince(bytes: number): boolean {
    return this.gateway.isHeld || this.gateway.bytesReceived > bytes;
  }

  onBytes(): void {
    this.gateway.onBytes();
  }

  onSilence(): void {
    this.gateway.onSilence();
  }

  private ask(question: Question): void {
    this.question = question;
    this.gateway.send(PROBE);
  }

  private probeAnswered(): void {
    if (!this.question) return;
    this.gateway.isProbeRefused = false;
    this.settle();
  }

  private errorReceived(data: unknown): void {
    const { attempt, text } = readError(data);
    const isAnswer = attempt === 'GET_DYN_CONNECTED' || attempt === null;
    if (!this.question || !isAnswer) return this.verify();
    if (attempt === null && !this.isDoubted) {
      this.isDoubted = true;
      return this.ask(this.question);
    }
    this.settle();
    // A firmware that does not know the question would be logged in again for ever: one such answer is enough until it gives a right one.
    if (this.gateway.isProbeRefused) return;
    this.gateway.isProbeRefused = true;
    this.gateway.onLoggedOut(text);
  }

  private settle(): void {
    const { question } = this;
    this.question = null;
    this.isDoubted = false;
    if (question === 'alive' && this.pingedAt !== null) this.use('probe');
  }

  private use(liveness: Liveness): void {
    if (liveness === this.liveness) return;
    this.liveness = liveness;
    this.gateway.onLiveness(liveness);
  }
}
