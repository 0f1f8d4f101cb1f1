import type { Liveness } from '../connection-state';
import { encode } from '../protocol/codec';
import { probe } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import type { Heartbeat, Patient, Watch } from './heartbeat';

/** The socket whose life is watched, and its session. */
export interface Watched {
  ping(): void;
  send(text: string): void;
  onSilence(): void;
  onLiveness(liveness: Liveness): void;
}

const PROBE = encode(probe);

/**
 * Watches the life of one logged-in socket: by WebSocket pings, or by a question to a gateway that answers those and no pings.
 * Which of the two it is, is found out by asking when a ping has been unanswered for half of its time, so that a dead
 * gateway is noticed no later.
 */
export class LifeSigns implements Patient {
  private readonly watch: Watch;
  private liveness: Liveness = 'ping';
  /** When the ping was sent that is not answered yet. */
  private pingedAt: number | null = null;
  private isProbeUnanswered = false;

  constructor(
    heartbeat: Heartbeat,
    private readonly gateway: Watched,
  ) {
    this.watch = heartbeat.watch(this);
  }

  signOfLife(): void {
    this.watch.signOfLife();
  }

  messageReceived(frame: InboundFrame | null): void {
    this.watch.signOfLife();
    if (!this.isProbeUnanswered || !(frame?.type === 'RTN_DYN' || frame?.type === 'RTN_ERR')) return;
    this.isProbeUnanswered = false;
    if (this.pingedAt !== null) this.use('probe');
  }

  /** @returns the round trip in milliseconds; null when nobody asked: a gateway may send such pongs (RFC 6455, section 5.5.3) */
  pongReceived(): number | null {
    const { pingedAt } = this;
    this.pingedAt = null;
    if (pingedAt === null) return null;
    this.use('ping');
    return Math.round((performance.now() - pingedAt) * 10) / 10;
  }

  stop(): void {
    this.watch.stop();
  }

  /** Asks for a sign of life, in the way that this gateway answers. */
  ping(): void {
    if (this.liveness === 'probe') return this.onDoubt();
    this.pingedAt ??= performance.now();
    this.gateway.ping();
  }

  onDoubt(): void {
    this.isProbeUnanswered = true;
    this.gateway.send(PROBE);
  }

  onSilence(): void {
    this.gateway.onSilence();
  }

  private use(liveness: Liveness): void {
    if (liveness === this.liveness) return;
    this.liveness = liveness;
    this.gateway.onLiveness(liveness);
  }
}
