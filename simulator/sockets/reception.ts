import { STATUS_CODES } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { Connection } from './connection';
import type { ConnectionEvents } from './connection';
import type { Door } from './door';
import type { Evidence } from '../evidence';
import type { Faults } from '../faults';
import { HeldUpgrades } from './held-upgrades';
import type { Upgrade } from './listener';
import type { Timers } from '../timing/timers';
import { reset } from './reset';
import { settle } from './settle';
import type { Wire } from './wire';

/** Upper bound for an abnormal client: normal commands are short. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** How long a thawed gateway reads its old connections before it answers held upgrades. */
const THAW_SETTLE_MS = 50;

// Shared by all gateways of the process: without a server and client tracking, it only performs upgrades and keeps no state.
const upgrader = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  autoPong: false,
  perMessageDeflate: false,
  maxPayload: MAX_PAYLOAD_BYTES,
});

interface ReceptionOptions {
  readonly faults: Readonly<Faults>;
  readonly evidence: Evidence;
  readonly timers: Timers;
  readonly events: ConnectionEvents;
  readonly onConnection: (connection: Connection) => void;
}

/** Admits, holds back or rejects clients, and tracks the open connections. */
export class Reception {
  readonly connections = new Set<Connection>();
  private readonly held = new HeldUpgrades();
  private isFrozen = false;
  private isHolding = false;
  private blocks = 0;

  constructor(
    private readonly door: Door,
    private readonly options: ReceptionOptions,
  ) {}

  /** Number of subscribed connections. */
  get subscribed(): number {
    return [...this.connections].filter(({ subscribed }) => subscribed).length;
  }

  /** Number of open WebSockets. Lingering connections do not count, since their WebSocket is closed. */
  get openConnections(): number {
    return [...this.connections].filter(({ lingers }) => !lingers).length;
  }

  open(): Promise<void> {
    return this.door.open((upgrade) => this.admit(upgrade));
  }

  /** Refuses new clients, and resets all connections. */
  async shut(): Promise<void> {
    const closing = this.door.shut();
    for (const upgrade of this.held.release()) reset(upgrade);
    const inside = [...this.connections];
    for (const connection of inside) connection.reset();
    await Promise.all([closing, ...inside.map(({ ended }) => ended)]);
  }

  freeze(): void {
    this.isFrozen = this.isHolding = true;
    for (const connection of this.connections) connection.freeze();
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    for (const connection of this.connections) connection.thaw();
    this.options.timers.after(THAW_SETTLE_MS, () => void this.answerHeld());
  }

  /** Reads and answers nothing for this many milliseconds, neither pings nor upgrades. What is due meanwhile is sent afterwards. */
  block(ms: number): void {
    this.blocks += 1;
    this.isHolding = true;
    for (const connection of this.connections) connection.block();
    this.options.timers.after(ms, () => {
      this.blocks -= 1;
      if (this.blocks > 0) return;
      for (const connection of this.connections) connection.unblock();
      void this.answerHeld();
    });
  }

  /**
   * Answers held upgrades once closed connections have been noticed. The system does not tell which arrived first, the end of one
   * connection or the upgrade of the next: admitting the next one first would count two sockets for a client that never had two.
   */
  private async answerHeld(): Promise<void> {
    await settle();
    if (this.isFrozen || this.blocks > 0) return;
    this.isHolding = false;
    for (const upgrade of this.held.release()) this.answer(upgrade);
  }

  private admit(upgrade: Upgrade): void {
    this.options.evidence.upgradesAsked += 1;
    if (!this.isHolding && this.openConnections === 0) return this.answer(upgrade);
    this.held.hold(upgrade);
    if (!this.isHolding) void this.answerHeld();
  }

  private answer(upgrade: Upgrade): void {
    const { request, stream, head } = upgrade;
    const { rejectUpgrade } = this.options.faults;
    if (rejectUpgrade !== null) {
      const status = `${rejectUpgrade} ${STATUS_CODES[rejectUpgrade] ?? 'Unknown'}`;
      stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => stream.destroy());
      return;
    }
    upgrader.handleUpgrade(request, stream, head, (ws) => this.welcome(ws, upgrade));
  }

  private welcome(ws: WebSocket, wire: Wire): void {
    const { faults, evidence, events, onConnection } = this.options;
    const close: ConnectionEvents['close'] = (connection, code, reason) => {
      this.connections.delete(connection);
      events.close(connection, code, reason);
    };
    const number = evidence.connectionsAccepted + 1;
    const connection = new Connection(number, ws, wire, { ...events, close }, () => faults.lingerOnClose);
    this.connections.add(connection);
    evidence.opened(this.openConnections);
    onConnection(connection);
  }
}
