import type { Moment } from '../../common/clock';
import type { PlainLogger } from '../../common/plain-logger';
import type { PublicGateway } from '../../events/domain-events';
import type { ConnectionRecord, ConnectionRegistry } from '../connection.registry';
import type { ConnectionState, Liveness } from '../connection-state';
import type { AttemptListener } from './attempt';
import type { SessionState } from './session.machine';

/** What the records of all sessions share. */
export interface RecordTools {
  readonly registry: ConnectionRegistry;
  readonly logger: PlainLogger;
  /** Told of each login that was accepted. */
  readonly onConnected: (gatewayId: string) => void;
}

/** Writes what happens to one session into the registry, where everybody else reads it. */
export class SessionRecord implements AttemptListener {
  private readonly record: ConnectionRecord;
  isProbeRefused = false;
  private isInsecure = false;
  private hasBeenConnected = false;

  constructor(
    gateway: PublicGateway,
    private readonly tools: RecordTools,
  ) {
    this.record = tools.registry.add(gateway);
  }

  get gateway(): PublicGateway {
    return this.record.gateway;
  }

  get nextRetryAt(): Moment | null {
    return this.record.nextRetryAt;
  }

  set nextRetryAt(at: Moment | null) {
    this.record.nextRetryAt = at;
  }

  describe(gateway: PublicGateway): void {
    this.tools.registry.describe(this.record, gateway);
  }

  /** Another address or other credentials. @param isInsecure whether no certificate will be verified */
  retarget(isInsecure: boolean): void {
    this.isInsecure = isInsecure;
    this.isProbeRefused = false;
    if (!this.hasSocket) this.record.tlsVerified = this.tlsVerifiedWithoutSocket;
    if (isInsecure) {
      this.tools.logger.warn({ gatewayId: this.gateway.id }, 'its certificate is not verified: tls.insecure is set');
    }
  }

  /** What the machine decided; those who hear of moves are told when the record is up to date. */
  update({ name, reason, attempt }: SessionState): void {
    const { record } = this;
    const from = record.state;
    record.reason = reason;
    record.attempt = attempt;
    if (name === from) return;
    this.enter(name);
    this.tools.logger.info({ gatewayId: record.gateway.id, from, to: name, reason, attempt }, 'connection moved');
    this.tools.registry.moved(record, from);
  }

  onOpen(isVerified: boolean | null): void {
    this.record.tlsVerified = isVerified;
  }

  onSent(): void {
    this.record.messagesSent += 1;
  }

  onMessage(isReadable: boolean): void {
    if (!isReadable) this.tools.logger.debug({ gatewayId: this.gateway.id }, 'unreadable frame dropped');
    this.record.messagesReceived += 1;
    this.record.receivingSince = null;
    this.record.lastMessageAt = this.record.lastSeenAt = performance.now();
  }

  onReceiving(isReceiving: boolean): void {
    this.record.receivingSince = isReceiving ? performance.now() : null;
  }

  onPong(latencyMs: number | null): void {
    if (latencyMs !== null) this.record.latencyMs = latencyMs;
    this.record.lastSeenAt = performance.now();
  }

  onLiveness(liveness: Liveness): void {
    this.record.liveness = liveness;
    this.tools.logger.info({ gatewayId: this.gateway.id, liveness }, 'gateway watched in another way');
  }

  private enter(state: ConnectionState): void {
    const { record } = this;
    record.state = state;
    record.since = performance.now();
    record.connectedAt = state === 'connected' ? record.since : null;
    record.liveness = 'ping';
    if (!this.hasSocket) {
      record.tlsVerified = this.tlsVerifiedWithoutSocket;
      record.receivingSince = null;
    }
    if (state === 'connected') this.connected();
    else record.latencyMs = null;
  }

  private get hasSocket(): boolean {
    return this.record.state === 'authenticating' || this.record.state === 'connected';
  }

  /** That nothing will be verified is known beforehand; that something was, only of a socket. */
  private get tlsVerifiedWithoutSocket(): false | null {
    return this.isInsecure ? false : null;
  }

  private connected(): void {
    const { record } = this;
    if (this.hasBeenConnected) record.reconnects += 1;
    this.hasBeenConnected = true;
    record.lastSeenAt = record.since;
    this.tools.onConnected(record.gateway.id);
  }
}
