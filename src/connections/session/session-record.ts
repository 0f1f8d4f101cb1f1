import { EVERYWHERE } from '../../common/actor';
import type { Moment } from '../../common/clock';
import type { PlainLogger } from '../../common/plain-logger';
import type { PublicGateway } from '../../events/domain-events';
import { isOwn } from '../../status/connection-record';
import type { ConnectionRecord, WritableRecord } from '../../status/connection-record';
import type { ConnectionRegistry } from '../../status/connection.registry';
import type { ConnectionState, Liveness } from '../../status/connection-state';
import type { CommandType } from '../../gateway-client/conversation/command';
import type { InboundFrame } from '../../gateway-client/protocol/frames';
import type { MessageType } from '../../gateway-client/protocol/message-types';
import type { GatewayInbox } from './gateway-inbox';
import type { AttemptListener } from './attempt';
import type { SessionFigures } from './session-figures';
import type { SessionState } from './session.machine';

/** Shared by the records of all sessions. */
export interface RecordTools {
  readonly registry: ConnectionRegistry;
  readonly inbox: GatewayInbox;
  readonly figures: SessionFigures;
  readonly logger: PlainLogger;
  /** Called for each accepted login. */
  readonly onConnected: (gatewayId: string) => void;
}

/** Writes the status of one session to the registry, where the rest of the service reads it. */
export class SessionRecord implements AttemptListener {
  private readonly record: WritableRecord;
  isProbeRefused = false;
  private isInsecure = false;
  hasBeenConnected = false;
  /** The state that the process before has told, until the session goes on from it. */
  private readonly stateElsewhere: ConnectionState;
  private goesOn = false;

  constructor(
    gateway: PublicGateway,
    private readonly tools: RecordTools,
  ) {
    this.stateElsewhere = lastStateOf(tools.registry.find(EVERYWHERE, gateway.id));
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

  /** Resets what depends on the address and login. Call when they change. @param isInsecure whether no certificate will be verified */
  retarget(isInsecure: boolean): void {
    this.isInsecure = isInsecure;
    this.isProbeRefused = false;
    this.record.certificateExpiresAt = null;
    if (!this.hasSocket) this.record.tlsVerified = this.tlsVerifiedWithoutSocket;
    if (isInsecure) {
      this.tools.logger.warn({ gatewayId: this.gateway.id }, 'TLS verification is off (tls.insecure)');
    }
  }

  /** Lets the next state change begin with the state that another process has told. */
  goOn(): void {
    this.goesOn = true;
  }

  /** Copies the machine's state to the record. Listeners of state changes are called once the record is up to date. */
  update({ name, reason, attempt }: SessionState): void {
    const { record } = this;
    const from = this.goesOn ? this.stateElsewhere : record.state;
    record.reason = reason;
    record.attempt = attempt;
    if (name === record.state) return;
    this.goesOn = false;
    this.enter(name);
    this.tools.registry.stateChanged(record, from);
  }

  onOpen(isVerified: boolean | null, expiresAt: number | null = null): void {
    this.record.tlsVerified = isVerified;
    this.record.certificateExpiresAt = expiresAt;
  }

  onSent(): void {
    this.record.messagesSent += 1;
    this.tools.figures.messagesSent += 1;
  }

  onMessage(type: MessageType): void {
    if (type === 'unreadable') this.tools.logger.debug({ gatewayId: this.gateway.id }, 'unreadable frame dropped');
    this.tools.figures.countReceived(type);
    this.record.messagesReceived += 1;
    this.record.receivingSince = null;
    this.record.lastMessageAt = this.record.lastSeenAt = performance.now();
  }

  onReceiving(isReceiving: boolean): void {
    this.record.receivingSince = isReceiving ? performance.now() : null;
  }

  onPong(latencyMs: number | null): void {
    if (latencyMs !== null) {
      this.record.latencyMs = latencyMs;
      this.tools.figures.onPing(latencyMs);
    }
    this.record.lastSeenAt = performance.now();
  }

  onLiveness(liveness: Liveness): void {
    this.record.liveness = liveness;
    this.tools.logger.info({ gatewayId: this.gateway.id, liveness }, 'liveness check changed');
  }

  onBusy(command: CommandType | null): void {
    this.record.busy = command === null ? null : { command, since: performance.now() };
  }

  onFrame(frame: InboundFrame): void {
    this.tools.inbox.receive(this.gateway.id, frame);
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
    else record.latencyMs = record.busy = null;
  }

  private get hasSocket(): boolean {
    return this.record.state === 'authenticating' || this.record.state === 'connected';
  }

  /** False if verification is disabled, which is known without a socket; whether a certificate was verified is not. */
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

/** The state of a connection as another process has told it; `disconnected` if none has. */
function lastStateOf(record: ConnectionRecord | null): ConnectionState {
  if (record === null || isOwn(record)) return 'disconnected';
  return record.state === 'unknown' ? (record.lastKnown?.state ?? 'disconnected') : record.state;
}
