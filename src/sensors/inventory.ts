import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import type { Moment } from '../common/clock';
import { Config } from '../config/config';
import { CommandError, GatewayCommands } from '../connections/gateway-commands';
import { GatewayInbox } from '../connections/session/gateway-inbox';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { PRIORITY } from '../gateway-client/conversation/command';
import type { InboundFrame } from '../gateway-client/protocol/frames';
import { StateChanges } from '../status/state-changes';
import type { AmongGateways } from '../status/while-holding';
import { mergedNews, newsOfInventory, newsOfSensors } from './gateway-news';
import type { GatewayNews } from './gateway-news';
import type { ReportedSensor } from './reported-sensor';
import { findSerials, readAccessPoint, readInventory, readSensorNotification, readSerials } from './reports';
import { SensorsRepository } from './sensors.repository';

/** How many gateways are asked per second, so that a fleet that connects together is not asked together. */
const ASKED_PER_TICK = 100;
/** How many answers may be under way: each can be as large as `ANSWER_BYTES`. */
const MAX_IN_FLIGHT = 64;
/** A list of 3,000 sensors. */
const ANSWER_BYTES = 1_048_576;
/** Delay after the login, in milliseconds. The subscription holds the gateway for 1.5 s anyway. */
const AFTER_LOGIN_MS = 1500;
/** Of one gateway, no more serials than this are remembered: a faulty one may invent them. */
const MAX_SERIALS = 4096;
const GATEWAYS_PER_STATEMENT = 100;
/** A shutdown has ten seconds in all. */
const LAST_FLUSH_MS = 2000;

/** What is remembered of a gateway. */
interface Known {
  /** When to ask it; Infinity while it is not connected. */
  dueAt: Moment;
  isAsked: boolean;
  /** Digest of the inventory that is stored or about to be; null if the table may say something else. */
  digest: string | null;
  /** The serials that it has listed or mentioned. A typed array, because there are many gateways. */
  serials: Float64Array;
  lastInventoryAt: Moment | null;
}

/**
 * Keeps the tables of sensors and access points up to date: asks every gateway for its list after the login, at an interval, and when it
 * mentions a sensor that nobody knows; and listens to notifications. Stores only what has changed, many gateways in one statement.
 */
@Injectable()
export class Inventory {
  private readonly known = new Map<string, Known>();
  private readonly news = new WriteBehind<string, GatewayNews>({
    batchSize: GATEWAYS_PER_STATEMENT,
    merge: mergedNews,
    store: async (batch) => {
      await this.sensors.storeNews([...batch.values()]);
      return [];
    },
    outage: new Outage((error) => this.logger.warn({ err: error }, 'sensors cannot be stored, keeping them')),
  });
  private readonly intervalMs: number;
  private inFlight = 0;
  private stopHearing: (() => void)[] = [];

  constructor(
    private readonly commands: GatewayCommands,
    private readonly inbox: GatewayInbox,
    private readonly changes: StateChanges,
    private readonly sensors: SensorsRepository,
    { env }: Config,
    @InjectPinoLogger(Inventory.name) private readonly logger: PinoLogger,
  ) {
    this.intervalMs = env.INVENTORY_INTERVAL_MS;
  }

  /** Call before the sessions start. */
  start(): void {
    if (this.stopHearing.length > 0) return;
    this.stopHearing = [
      this.changes.subscribe(({ gateway, to }) => {
        if (to === 'connected') this.recall(gateway.id).dueAt = performance.now() + AFTER_LOGIN_MS;
        else if (to === 'disconnected') this.known.delete(gateway.id);
        else this.rest(gateway.id);
      }),
      this.inbox.onFrame((gatewayId, frame, receivedAt) => this.receive(gatewayId, frame, receivedAt)),
    ];
  }

  /** Stops asking and listening at once, then stores what is pending, for `LAST_FLUSH_MS` at most. Never rejects. */
  async stop(): Promise<void> {
    for (const stop of this.stopHearing.splice(0)) stop();
    this.known.clear();
    await this.flushLast();
  }

  /** Another process asks these gateways from now on. */
  leave(isLeft: AmongGateways): void {
    for (const gatewayId of this.known.keys()) if (isLeft(gatewayId)) this.known.delete(gatewayId);
  }

  /** Stores what is pending, for `LAST_FLUSH_MS` at most. Never rejects. */
  flushLast(): Promise<void> {
    return atMost(LAST_FLUSH_MS, this.news.flush());
  }

  /** Asks the gateways that are due, and stores the news. Called every second. */
  tick(): void {
    this.askDue();
    if (this.news.size > 0) void this.news.flush();
  }

  /**
   * Asks a gateway within a second, if it is connected.
   * @returns when its last inventory arrived; null if there was none
   */
  askSoon(gatewayId: string): Moment | null {
    const known = this.known.get(gatewayId);
    if (known && known.dueAt !== Infinity) known.dueAt = 0;
    return known?.lastInventoryAt ?? null;
  }

  @OnDomainEvent('gateway.deleted')
  onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): void {
    this.known.delete(gatewayId);
  }

  private askDue(): void {
    const now = performance.now();
    let left = Math.min(ASKED_PER_TICK, MAX_IN_FLIGHT - this.inFlight);
    for (const [gatewayId, known] of this.known) {
      if (left <= 0) return;
      if (known.dueAt > now || known.isAsked) continue;
      left -= 1;
      void this.ask(gatewayId, known);
    }
  }

  private async ask(gatewayId: string, known: Known): Promise<void> {
    known.isAsked = true;
    known.dueAt = performance.now() + this.intervalMs * (0.9 + 0.2 * Math.random());
    this.inFlight += 1;
    try {
      const options = { priority: PRIORITY.upkeep, answerBytes: ANSWER_BYTES };
      const data = await this.commands.send(gatewayId, { type: 'GET_DYN' }, options);
      if (this.known.get(gatewayId) === known) this.receiveInventory(gatewayId, known, data, performance.now());
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // After a lost session, the next login asks again. The gateway's text may quote its login, so it is not logged.
      this.logger.debug({ gatewayId, code: error.code }, 'a gateway did not list its sensors');
    } finally {
      this.inFlight -= 1;
      known.isAsked = false;
    }
  }

  private receiveInventory(gatewayId: string, known: Known, data: unknown, at: Moment): void {
    const sensors = readInventory(data);
    if (!sensors) return this.logger.debug({ gatewayId }, 'the list of sensors of a gateway cannot be read');
    known.lastInventoryAt = at;
    const digest = digestOf(sensors);
    if (digest === known.digest) return;
    known.digest = digest;
    // Also those that it no longer lists: they are stored, so they are no news when it mentions them.
    const serials = new Set([...sensors.map(({ serial }) => serial), ...known.serials]);
    known.serials = Float64Array.from([...serials].slice(0, MAX_SERIALS));
    this.news.note(gatewayId, newsOfInventory(gatewayId, sensors, at));
  }

  private receive(gatewayId: string, frame: InboundFrame, at: Moment): void {
    if (frame.json) return this.meet(gatewayId, findSerials(frame.json));
    const { type, data } = frame;
    if (data === undefined) return;
    switch (type) {
      case 'NOT_DYN_CONN':
        return this.receiveSensors(gatewayId, readSensorNotification(data), at);
      case 'NOT_AP_CONN':
        return this.receiveAccessPoint(gatewayId, data, at);
      case 'RTN_DYN':
        return this.receiveSensors(gatewayId, readInventory(data) ?? [], at); // A late list: it may lack sensors.
      case 'NOT_DYN_READING':
      case 'NOT_DYN_READING_STARTED':
      case 'NOT_DYN_TEMP':
      case 'NOT_DYN_BATT':
        return this.meet(gatewayId, readSerials(data));
    }
  }

  private receiveSensors(gatewayId: string, sensors: readonly ReportedSensor[], at: Moment): void {
    if (sensors.length === 0) return;
    this.recall(gatewayId).digest = null; // The next list may differ from what is stored now, even if it equals the last one.
    this.news.note(gatewayId, newsOfSensors(gatewayId, sensors, at));
    this.meet(
      gatewayId,
      sensors.map(({ serial }) => serial),
    );
  }

  private receiveAccessPoint(gatewayId: string, data: unknown, at: Moment): void {
    const point = readAccessPoint(data);
    if (!point) return;
    const accessPoints = new Map([[point.serial, point.connected]]);
    this.news.note(gatewayId, { ...newsOfSensors(gatewayId, [], at), accessPoints });
  }

  /** A gateway has mentioned these sensors: if one of them is new, its list has more to say about it. */
  private meet(gatewayId: string, serials: readonly number[]): void {
    const known = this.known.get(gatewayId);
    if (known?.lastInventoryAt == null) return; // It is about to be asked anyway.
    const unknown = serials.filter((serial) => !known.serials.includes(serial));
    if (unknown.length === 0 || known.serials.length + unknown.length > MAX_SERIALS) return;
    known.serials = Float64Array.from([...known.serials, ...unknown]); // Asked once, even if the list does not name it.
    this.askSoon(gatewayId);
  }

  private recall(gatewayId: string): Known {
    let known = this.known.get(gatewayId);
    if (!known) {
      known = { dueAt: Infinity, isAsked: false, digest: null, serials: new Float64Array(), lastInventoryAt: null };
      this.known.set(gatewayId, known);
    }
    return known;
  }

  private rest(gatewayId: string): void {
    const known = this.known.get(gatewayId);
    if (known) known.dueAt = Infinity;
  }
}

/** Equal for equal inventories, whatever the order of their entries. */
function digestOf(sensors: readonly ReportedSensor[]): string {
  const sorted = [...sensors].sort((a, b) => a.serial - b.serial);
  return createHash('sha1').update(JSON.stringify(sorted)).digest('base64');
}
