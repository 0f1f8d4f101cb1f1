import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { timeOf } from '../../common/clock';
import type { Moment } from '../../common/clock';
import { EVERYWHERE } from '../../common/actor';
import { Config } from '../../config/config';
import { CommandError } from '../../connections/gateway-commands';
import { Outage } from '../../database/outage';
import { OnDomainEvent } from '../../events/domain-events';
import type { DomainEventMap } from '../../events/domain-events';
import { ConnectionRegistry } from '../../status/connection.registry';
import { StateChanges } from '../../status/state-changes';
import type { AmongGateways } from '../../status/while-holding';
import { IngestService } from '../ingest/ingest.service';
import { StoredReadings } from '../ingest/stored-readings';
import { READING_KINDS } from '../reading';
import type { ReadingKind } from '../reading';
import type { StoredReading } from '../storage/stored-reading';
import type { Backfill } from './backfill.entity';
import { BackfillsRepository } from './backfills.repository';
import { CatchUpRun } from './catch-up-run';
import type { FetchedPage } from './catch-up-run';
import { dayOf } from './history';
import type { HistoryRequest } from './history';
import { HistoryPages } from './history-pages';
import { HistoryPauses } from './history-pauses';
import { HistoryStatesRepository } from './history-states.repository';

/** How often gateways that are due are looked for, in milliseconds. */
export const TICK_MS = 250;
/** After the login, in milliseconds: the sensors are asked for first. */
const AFTER_LOGIN_MS = 3000;
/** After a notification that leaves a hole: the records in between may be on their way. */
const AFTER_HOLE_MS = 60_000;
/** Gateways that skip numbers leave holes all the time. */
const BETWEEN_HOLES_MS = 600_000;
const AFTER_OVERFLOW_MS = 60_000;
const AFTER_FAILURE_MS = 15_000;
/**
 * Two unanswered commands in a row end a session. In this time the inventory asks too, so a gateway that answers everything but its history
 * stays connected.
 */
const AFTER_SILENCE_MS = 600_000;
/** Over how long the runs of a new day are spread. */
const AFTER_MIDNIGHT_MS = 300_000;

type Order = Pick<Backfill, 'id' | 'gatewayId' | 'kinds' | 'fromDay' | 'toDay' | 'serials'>;

/** What is known of a connected gateway. */
interface Job {
  readonly gatewayId: string;
  readonly connectedAt: Date;
  /** When the next run is due; Infinity while one goes on. */
  dueAt: Moment;
  /** Whether that run is for readings that may be missing, and not just because time has passed. */
  mayLack: boolean;
  /** When the next page may be asked for. */
  readyAt: Moment;
  /** Kinds that are still to be run through. */
  kinds: ReadingKind[];
  readonly orders: Order[];
  run: { readonly kind: ReadingKind; readonly order: Order | null; readonly run: CatchUpRun } | null;
  /** Gives up the request that is under way. */
  asking: AbortController | null;
  isBusy: boolean;
  holeAskedAt: Moment;
  readonly lastIds: Map<ReadingKind, number>;
}

/** How far the catch-up of a gateway is. */
export interface CatchUpStatus {
  readonly connectedAt: Date;
  /** By kind: questions answered and open. Null: none of this kind is under way or waiting. */
  readonly progress: (kind: ReadingKind) => { readonly done: number; readonly left: number } | null;
}

/** What the catch-up of all gateways has done since the start of the process, and what it has before it. */
export interface CatchUpFigures {
  /** Replies with records. */
  readonly pages: number;
  readonly records: number;
  /** Of them, those that were not stored before. */
  readonly added: number;
  /** Records that gateways no longer hold, or that could not be fetched or read: stretches of them. */
  readonly gaps: number;
  /** Connected gateways that are asked for what is missing, and those that are about to be. */
  readonly running: number;
  readonly waiting: number;
}

/**
 * Fetches what gateways hold and the service does not: after each login, at an interval, after the gateway's midnight, when a
 * notification leaves a hole, after readings were dropped, and on order. One timer serves the whole fleet.
 */
@Injectable()
export class CatchUp {
  private readonly jobs = new Map<string, Job>();
  /** Orders for gateways that are not connected. */
  private readonly waiting = new Map<string, Order[]>();
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'the catch-up waits for the database'),
  );
  private readonly totals = { pages: 0, records: 0, added: 0, gaps: 0 };
  private inFlight = 0;
  private dropped = 0;
  private stopHearing: (() => void)[] = [];

  constructor(
    private readonly pages: HistoryPages,
    private readonly pauses: HistoryPauses,
    private readonly states: HistoryStatesRepository,
    private readonly backfills: BackfillsRepository,
    private readonly changes: StateChanges,
    private readonly registry: ConnectionRegistry,
    private readonly stored: StoredReadings,
    private readonly ingest: IngestService,
    private readonly config: Config,
    @InjectPinoLogger(CatchUp.name) private readonly logger: PinoLogger,
  ) {}

  /** Finds the orders for these gateways that are not carried out yet. */
  async load(isGained: AmongGateways): Promise<void> {
    const open = await this.backfills.findOpen();
    for (const gatewayId of this.waiting.keys()) if (isGained(gatewayId)) this.waiting.delete(gatewayId);
    for (const order of open) if (isGained(order.gatewayId)) this.keep(order);
  }

  /** Call before the sessions start. */
  start(): void {
    if (this.stopHearing.length > 0) return;
    this.stopHearing = [
      this.changes.subscribe(({ gateway, to }) => (to === 'connected' ? this.begin(gateway.id) : this.end(gateway.id))),
      this.stored.subscribe((reading) => this.follow(reading)),
    ];
  }

  /** Another process goes on with these gateways. */
  leave(isLeft: AmongGateways): void {
    for (const gatewayId of [...this.jobs.keys()]) if (isLeft(gatewayId)) this.end(gatewayId);
    for (const gatewayId of this.waiting.keys()) if (isLeft(gatewayId)) this.waiting.delete(gatewayId);
  }

  stop(): void {
    for (const stop of this.stopHearing.splice(0)) stop();
    for (const gatewayId of [...this.jobs.keys()]) this.end(gatewayId);
  }

  /** Asks the gateways that are due. Called every `TICK_MS`, and when a page was stored. */
  tick(): void {
    this.noticeDropped();
    const now = performance.now();
    for (const job of this.jobs.values()) {
      if (this.inFlight >= this.config.env.HISTORY_CONCURRENCY) return;
      if (job.isBusy || job.readyAt > now) continue;
      if (job.run === null && job.kinds.length === 0 && job.orders.length === 0) {
        if (job.dueAt > now) continue;
        job.kinds = [...READING_KINDS].reverse();
        job.dueAt = Infinity;
        job.mayLack = false;
      }
      if (this.pauses.isPaused(job.gatewayId) && kindOf(job) === 'vibration') continue;
      // Behind the others, so that each gateway has its turn.
      this.jobs.delete(job.gatewayId);
      this.jobs.set(job.gatewayId, job);
      void this.step(job);
    }
  }

  /** Carries out an order as soon as the gateway is connected. */
  order(order: Order): void {
    this.keep(order);
  }

  cancel(order: Pick<Order, 'gatewayId' | 'id'>): void {
    const job = this.jobs.get(order.gatewayId);
    const orders = job?.orders ?? this.waiting.get(order.gatewayId) ?? [];
    const index = orders.findIndex(({ id }) => id === order.id);
    if (index >= 0) orders.splice(index, 1);
    if (job?.run?.order?.id === order.id) job.run = null;
  }

  /** Walks through the connected gateways. */
  get figures(): CatchUpFigures {
    let [running, waiting] = [0, 0];
    for (const job of this.jobs.values()) {
      if (job.run !== null) running += 1;
      else if (job.mayLack || job.kinds.length > 0 || job.orders.length > 0) waiting += 1;
    }
    return { ...this.totals, running, waiting };
  }

  /** Null if the gateway is not connected. */
  statusOf(gatewayId: string): CatchUpStatus | null {
    const job = this.jobs.get(gatewayId);
    if (!job) return null;
    return {
      connectedAt: job.connectedAt,
      progress: (kind) => {
        if (job.run?.kind === kind && job.run.order === null)
          return { done: job.run.run.requests, left: job.run.run.left };
        return job.kinds.includes(kind) || job.mayLack ? { done: 0, left: 1 } : null;
      },
    };
  }

  @OnDomainEvent('gateway.deleted')
  onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): void {
    this.end(gatewayId);
    this.waiting.delete(gatewayId);
  }

  private begin(gatewayId: string): void {
    this.end(gatewayId);
    const connectedAt = this.registry.find(EVERYWHERE, gatewayId)?.connectedAt ?? performance.now();
    const orders = this.waiting.get(gatewayId) ?? [];
    this.waiting.delete(gatewayId);
    this.jobs.set(gatewayId, {
      ...{ gatewayId, connectedAt: timeOf(connectedAt), kinds: [], orders, run: null, asking: null },
      ...{ dueAt: performance.now() + AFTER_LOGIN_MS, mayLack: true, readyAt: performance.now() + AFTER_LOGIN_MS },
      ...{ isBusy: false, holeAskedAt: -Infinity, lastIds: new Map<ReadingKind, number>() },
    });
  }

  private end(gatewayId: string): void {
    const job = this.jobs.get(gatewayId);
    if (!job) return;
    this.jobs.delete(gatewayId);
    job.asking?.abort();
    if (job.orders.length > 0) this.waiting.set(gatewayId, job.orders);
  }

  private keep({ id, gatewayId, kinds, fromDay, toDay, serials }: Order): void {
    const order: Order = { id, gatewayId, kinds, fromDay, toDay, serials };
    const job = this.jobs.get(gatewayId);
    if (job) job.orders.push(order);
    else this.waiting.set(gatewayId, [...(this.waiting.get(gatewayId) ?? []), order]);
  }

  /** One page of the gateway. Never rejects. */
  private async step(job: Job): Promise<void> {
    job.isBusy = true;
    this.inFlight += 1;
    const startedAt = performance.now();
    try {
      await this.outage.watch(() => this.advance(job));
      // At most half of a gateway's time.
      job.readyAt = Math.max(job.readyAt, performance.now() + (performance.now() - startedAt));
    } catch {
      this.postpone(job);
    } finally {
      job.isBusy = false;
      this.inFlight -= 1;
    }
    if (this.stopHearing.length > 0) this.tick();
  }

  /** Begins anew later: the database is away, or too many commands wait for the gateway. */
  private postpone(job: Job): void {
    job.run = null;
    job.kinds = [];
    job.readyAt = performance.now() + AFTER_FAILURE_MS;
    suspect(job, AFTER_FAILURE_MS);
  }

  private async advance(job: Job): Promise<void> {
    job.run ??= await this.startRun(job);
    if (job.run === null) {
      this.rest(job, null);
      return;
    }
    const { run, order } = job.run;
    const request = run.next;
    if (request === null) return this.finish(job, run, order);
    const page = await this.ask(job, run, request);
    if (order && page) await this.backfills.note(order.id, page);
    if (isUnderWay(job, run) && run.next === null) await this.finish(job, run, order);
  }

  private async startRun(job: Job): Promise<Job['run']> {
    const [order] = job.orders;
    const kind = order ? order.kinds[0] : job.kinds[0];
    if (kind === undefined) return null;
    const run = await CatchUpRun.start(
      {
        ...{ gatewayId: job.gatewayId, kind, connectedAt: job.connectedAt },
        backfillDays: this.config.env.BACKFILL_DAYS,
        order: order
          ? { from: dayOf(order.fromDay), to: dayOf(order.toDay), serials: order.serials.map(Number) }
          : null,
      },
      this.states,
    );
    return run && { kind, order: order ?? null, run };
  }

  /** @returns null if there is no page */
  private async ask(job: Job, run: CatchUpRun, request: HistoryRequest): Promise<FetchedPage | null> {
    const gapsBefore = run.gaps;
    job.asking = new AbortController();
    try {
      const page = await run.fetch(request, this.pages, job.asking.signal);
      this.totals.pages += 1;
      this.totals.records += page.records;
      this.totals.added += page.added;
      return page;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (this.jobs.get(job.gatewayId) !== job) return null; // The session has ended; the next one begins anew.
      this.logger.debug({ gatewayId: job.gatewayId, kind: request.kind, code: error.code }, 'no page of the history');
      if (error.code === 'rejected_by_gateway' || error.code === 'command_timeout') await run.fail();
      else this.postpone(job);
      if (error.code === 'command_timeout') job.readyAt = performance.now() + AFTER_SILENCE_MS;
      return null;
    } finally {
      job.asking = null;
      this.totals.gaps += run.gaps - gapsBefore;
    }
  }

  private async finish(job: Job, run: CatchUpRun, order: Order | null): Promise<void> {
    const kind = job.run?.kind;
    job.run = null;
    if (order) {
      const rest = order.kinds.slice(1);
      job.orders.shift();
      if (rest.length > 0) job.orders.unshift({ ...order, kinds: rest });
      else await this.backfills.complete(order.id);
      return;
    }
    job.kinds = job.kinds.filter((one) => one !== kind);
    if (run.records > 0) {
      this.logger.debug({ gatewayId: job.gatewayId, kind, records: run.records, added: run.added }, 'history fetched');
    }
    this.rest(job, run);
  }

  /** Until the next run, once all kinds are done. */
  private rest(job: Job, run: CatchUpRun | null): void {
    if (run === null) job.kinds = [];
    if (job.kinds.length > 0) return;
    const midnight = (run?.untilMidnightMs ?? Infinity) + AFTER_MIDNIGHT_MS * Math.random();
    const interval = this.config.env.CATCH_UP_INTERVAL_MS * (0.9 + 0.2 * Math.random());
    job.dueAt = Math.min(job.dueAt, performance.now() + Math.min(midnight, interval));
  }

  /** Notices numbers that a notification has skipped. */
  private follow({ gatewayId, kind, row, opensEra, outcome }: StoredReading): void {
    const job = this.jobs.get(gatewayId);
    if (!job || row === null || outcome !== 'new' || row.origin === 'history') return;
    const id = Number(row.recordId);
    const last = job.lastIds.get(kind);
    job.lastIds.set(kind, opensEra ? id : Math.max(id, last ?? id));
    const now = performance.now();
    if (last === undefined || id <= last + 1 || now < job.holeAskedAt + BETWEEN_HOLES_MS) return;
    job.holeAskedAt = now;
    suspect(job, AFTER_HOLE_MS);
  }

  private noticeDropped(): void {
    const drops = this.ingest.stats?.dropped ?? { vibration: 0, temperature: 0, battery: 0 };
    const dropped = drops.vibration + drops.temperature + drops.battery;
    if (dropped > this.dropped) for (const job of this.jobs.values()) suspect(job, AFTER_OVERFLOW_MS);
    this.dropped = dropped;
  }
}

/** The kind of the next page. */
function kindOf({ run, orders, kinds }: Job): ReadingKind | undefined {
  return run?.kind ?? orders[0]?.kinds[0] ?? kinds[0];
}

/** Readings may be missing: they are looked for soon, and nothing is called complete until then. */
function suspect(job: Job, afterMs: number): void {
  job.dueAt = Math.min(job.dueAt, performance.now() + afterMs);
  job.mayLack = true;
}

/** False if the run was cancelled meanwhile. */
function isUnderWay(job: Job, run: CatchUpRun): boolean {
  return job.run?.run === run;
}
