import type { Liveness } from '../../status/connection-state';
import type { CommandOutcome } from '../../gateway-client/conversation/command';
import type { GatewayError } from '../../gateway-client/protocol/frames';
import type { Heartbeat, Monitored, Watch } from './heartbeat';

/** The monitored socket and its session. */
export interface Watched {
  /** Number of bytes received so far. */
  readonly bytesReceived: number;
  /** Whether the service itself has paused reading. */
  readonly isHeld: boolean;
  /** Whether the gateway may be too busy with a command to give a sign of life. */
  readonly isBusy: boolean;
  /** Whether the gateway owes a reply, to a probe or to another command. */
  readonly isReplyDue: boolean;
  /** Whether the gateway's last answer to a probe was an error. Survives reconnects. */
  isProbeRefused: boolean;
  ping(): void;
  probe(onEnded: (outcome: CommandOutcome) => void): void;
  onSilence(): void;
  onLiveness(liveness: Liveness): void;
  /** Bytes of a message arrived, and nothing else. */
  onBytes(): void;
  /** The gateway answers probes as if the session were not logged in. @param text its error text */
  onLoggedOut(text: string): void;
}

/** A gateway that answers pings is still probed once per this many pings, to check that the session is logged in. */
const PINGS_PER_CHECK = 20;

/** Unsolicited errors also trigger that check, but at most this often. */
const VERIFY_EVERY_MS = 60_000;

/** The purpose of the pending probe. */
type Question = 'alive' | 'loggedIn';

/**
 * Monitors the liveness of one logged-in socket: by WebSocket pings, or by a probe command if the gateway answers no pings. To find
 * out which, it sends a probe when a ping has been unanswered for half of the time-out, so that a dead gateway is noticed no later.
 * The same probe shows whether the session is still logged in at the gateway.
 */
export class LifeSigns implements Monitored {
  private readonly watch: Watch;
  private liveness: Liveness = 'ping';
  /** When the oldest unanswered ping was sent. */
  private pingedAt: number | null = null;
  private question: Question | null = null;
  /** The last answer was an error that named no command, so it may have belonged to something else. */
  private isErrorAmbiguous = false;
  private verifiedAt = -Infinity;
  /** Randomized, so that a fleet that logs in together is not probed together. */
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

  get isBusy(): boolean {
    return this.gateway.isBusy;
  }

  signOfLife(): void {
    this.watch.signOfLife();
  }

  /**
   * @returns the round trip in milliseconds; null if unknown: RFC 6455, section 5.5.3, allows unsolicited pongs, and while the gateway is
   * probed, a pong can answer a ping of long ago
   */
  pongReceived(): number | null {
    const { pingedAt, liveness } = this;
    this.pingedAt = null;
    if (pingedAt === null) return null;
    this.use('ping');
    if (liveness === 'probe') return null;
    return Math.round((performance.now() - pingedAt) * 10) / 10;
  }

  /** Probes whether the session is still logged in, unless this was done less than `VERIFY_EVERY_MS` ago. */
  verify(): void {
    const now = performance.now();
    if (now - this.verifiedAt < VERIFY_EVERY_MS) return;
    this.verifiedAt = now;
    this.ask(this.question ?? 'loggedIn');
  }

  stop(): void {
    this.watch.stop();
  }

  /** Requests a sign of life in the way that this gateway answers. */
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
    // A probe that still waits for the end of the subscription could not be answered. The next ping brings the next deadline.
    if (this.question === 'alive' && !this.gateway.isReplyDue) return;
    this.gateway.onSilence();
  }

  /** Sends a probe, unless one is under way, which then answers this question. */
  private ask(question: Question): void {
    const isUnderWay = this.question !== null;
    this.question = question;
    if (!isUnderWay) this.probe();
  }

  private probe(): void {
    this.gateway.probe((outcome) => this.probed(outcome));
  }

  private probed(outcome: CommandOutcome): void {
    if (outcome.type === 'refused') return this.refused(outcome.error);
    if (outcome.type === 'replied') {
      this.gateway.isProbeRefused = false;
      this.noteAnswer();
    }
    this.settle();
  }

  private refused({ attempt, text }: GatewayError): void {
    if (attempt === null && !this.isErrorAmbiguous) {
      this.isErrorAmbiguous = true;
      return this.probe();
    }
    this.noteAnswer();
    this.settle();
    // Firmware without this command would be logged in again forever, so errors after the first count only once a probe has succeeded.
    if (this.gateway.isProbeRefused) return;
    this.gateway.isProbeRefused = true;
    this.gateway.onLoggedOut(text);
  }

  private noteAnswer(): void {
    if (this.question === 'alive' && this.pingedAt !== null) this.use('probe');
  }

  private settle(): void {
    this.question = null;
    this.isErrorAmbiguous = false;
  }

  private use(liveness: Liveness): void {
    if (liveness === this.liveness) return;
    this.liveness = liveness;
    this.gateway.onLiveness(liveness);
  }
}
