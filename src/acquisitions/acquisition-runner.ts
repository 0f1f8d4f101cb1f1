import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { EVERYWHERE } from '../common/actor';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { Config } from '../config/config';
import { CommandError, GatewayCommands } from '../connections/gateway-commands';
import { GatewayInbox } from '../connections/session/gateway-inbox';
import { Outage } from '../database/outage';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { PRIORITY } from '../gateway-client/conversation/command';
import type { InboundFrame } from '../gateway-client/protocol/frames';
import { CatchUp } from '../readings/catch-up/catch-up';
import { HistoryPauses } from '../readings/catch-up/history-pauses';
import { OrderedReadings } from '../readings/ingest/ordered-readings';
import { StoredReadings } from '../readings/ingest/stored-readings';
import { readingIdOf } from '../readings/storage/stored-reading';
import type { StoredReading } from '../readings/storage/stored-reading';
import { ConnectionRegistry } from '../status/connection.registry';
import { StateChanges } from '../status/state-changes';
import type { AcquisitionRow } from './acquisition.entity';
import { isFinal, isRunning, step } from './acquisition.machine';
import type { AcquisitionEvent } from './acquisition.machine';
import { durationOf, isOver, measuredWithin, newJob } from './acquisition-job';
import type { AcquisitionLimits, BlockedBy, Job } from './acquisition-job';
import { AcquisitionsRepository } from './acquisitions.repository';
import type { LoadedAcquisition, OrderedSensor } from './acquisitions.repository';
import { readLateRefusal, readStart, TAKES } from './gateway-news';

/** How often deadlines and waiting orders are looked at, in milliseconds. */
export const TICK_MS = 250;
/** How often it is looked whether sensors out of reach have come back, in milliseconds. */
const SENSORS_MS = 1000;

/** Called when a change is stored; must not wait for anything. */
export type AcquisitionListener = (id: string) => void;

/**
 * Carries out acquisitions: sends their commands when they may be sent, and follows what the gateway says. Each change is stored. A command is
 * sent once: it is marked as sent before it is, and never again. One timer serves the whole fleet.
 */
@Injectable()
export class AcquisitionRunner {
  private readonly jobs = new Map<string, Job>();
  private readonly byGateway = new Map<string, Set<Job>>();
  private readonly waiters = new Map<string, Set<() => void>>();
  private readonly listeners = new Set<AcquisitionListener>();
  private readonly limits: AcquisitionLimits;
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'acquisitions cannot be stored, keeping them'),
  );
  private sensorsCheckedAt: Moment = -Infinity;
  private stopHearing: (() => void)[] = [];

  constructor(
    private readonly acquisitions: AcquisitionsRepository,
    private readonly commands: GatewayCommands,
    private readonly inbox: GatewayInbox,
    private readonly changes: StateChanges,
    private readonly registry: ConnectionRegistry,
    private readonly stored: StoredReadings,
    private readonly ordered: OrderedReadings,
    private readonly catchUp: CatchUp,
    private readonly pauses: HistoryPauses,
    private readonly config: Config,
    @InjectPinoLogger(AcquisitionRunner.name) private readonly logger: PinoLogger,
  ) {
    const { ACQUISITION_START_TIMEOUT_MS, ACQUISITION_READING_TIMEOUT_MS } = config.env;
    this.limits = { startMs: ACQUISITION_START_TIMEOUT_MS, readingMs: ACQUISITION_READING_TIMEOUT_MS };
  }

  /** Finds the acquisitions that have not ended. What was sent before the service started may have been measured meanwhile. */
  async load(): Promise<void> {
    this.dropAll();
    for (const row of await this.acquisitions.findUnfinished()) this.resume(row);
  }

  /** Call before the sessions start. */
  start(): void {
    if (this.stopHearing.length > 0) return;
    this.stopHearing = [
      this.changes.subscribe(({ gateway, to }) => {
        if (to !== 'connected') this.onLost(gateway.id);
      }),
      this.inbox.onFrame((gatewayId, frame) => this.onFrame(gatewayId, frame)),
      this.stored.subscribe((reading) => this.onStored(reading)),
    ];
  }

  /** What is under way stays as it is stored: whoever runs the sessions next goes on with it. */
  stop(): void {
    for (const stop of this.stopHearing.splice(0)) stop();
    this.dropAll();
    for (const id of [...this.waiters.keys()]) this.wake(id);
  }

  /** Carries out a new acquisition. */
  add(row: AcquisitionRow, sensor: OrderedSensor, expiresInMs: number): void {
    const job = newJob(row, sensor);
    job.dueAt = performance.now() + expiresInMs;
    this.keep(job);
    this.published(job.id);
    this.advance(performance.now());
  }

  /** Call when a queued acquisition was cancelled in the database. */
  cancelled(id: string): void {
    const job = this.jobs.get(id);
    if (job) {
      job.progress = step(job.progress, { type: 'cancel' });
      this.drop(job);
    }
    this.published(id);
    this.wake(id);
  }

  /** Null if it is not queued, or its turn has come. */
  blockOf(id: string): BlockedBy | null {
    return this.jobs.get(id)?.blockedBy ?? null;
  }

  /** Resolves when the acquisition is final and stored, or this process no longer carries it out. */
  whenFinal(id: string): Promise<void> {
    const job = this.jobs.get(id);
    if (!job || (isFinal(job.progress) && !job.isUnsaved)) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.set(id, (this.waiters.get(id) ?? new Set()).add(resolve));
    });
  }

  /** Calls the listener for each change from now on. */
  onChange(listener: AcquisitionListener): void {
    this.listeners.add(listener);
  }

  /** Call every `TICK_MS`. */
  tick(): void {
    const now = performance.now();
    for (const job of this.jobs.values()) {
      if (job.isUnsaved) void this.save(job);
      if (now >= job.dueAt) this.onDue(job);
      if (job.progress.state === 'recovering') this.recover(job, now);
    }
    if (now >= this.sensorsCheckedAt + SENSORS_MS) void this.checkSensors(now);
    this.advance(now);
  }

  @OnDomainEvent('gateway.deleted')
  onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): void {
    for (const job of this.jobsOf(gatewayId)) {
      this.drop(job);
      this.wake(job.id);
    }
  }

  private resume(row: LoadedAcquisition): void {
    const job = newJob(row, row);
    if (isOver(job)) return;
    const duration = durationOf(job.progress, this.limits) - (row.endedForMs ?? 0);
    job.dueAt = performance.now() + (row.state === 'queued' ? row.expiresInMs : duration);
    this.keep(job);
    this.apply(job, { type: 'lost', code: 'service_stopped' });
  }

  private keep(job: Job): void {
    this.jobs.set(job.id, job);
    this.byGateway.set(job.gatewayId, (this.byGateway.get(job.gatewayId) ?? new Set()).add(job));
  }

  /** A copy, so that jobs can be dropped meanwhile. */
  private jobsOf(gatewayId: string): Job[] {
    return [...(this.byGateway.get(gatewayId) ?? [])];
  }

  private drop(job: Job): void {
    if (!this.jobs.delete(job.id)) return;
    const others = this.byGateway.get(job.gatewayId);
    others?.delete(job);
    if (others?.size === 0) this.byGateway.delete(job.gatewayId);
    job.command?.abort();
    job.endPause?.();
    job.endExpectation?.();
    job.endPause = job.endExpectation = null;
  }

  private dropAll(): void {
    for (const job of [...this.jobs.values()]) this.drop(job);
  }

  /** @returns whether the event has changed anything */
  private apply(job: Job, event: AcquisitionEvent): boolean {
    const before = job.progress;
    job.progress = step(before, event);
    const { state } = job.progress;
    if (job.progress === before) return false;
    if (state !== before.state) {
      job.dueAt = performance.now() + durationOf(job.progress, this.limits);
      job.mustLook = state === 'recovering';
      if (state !== 'queued') job.blockedBy = null;
      if (isFinal(job.progress)) job.command?.abort();
      this.follow(job);
      this.log(job);
    }
    job.isUnsaved = event.type !== 'sent'; // That is stored before.
    if (job.isUnsaved) void this.save(job);
    else this.published(job.id);
    return true;
  }

  /** Pauses the history while the acquisition needs the gateway, and expects its reading once the sensor measures. */
  private follow(job: Job): void {
    const needsGateway = job.command !== null || isRunning(job.progress);
    if (needsGateway) job.endPause ??= this.pauses.pause(job.gatewayId);
    else {
      job.endPause?.();
      job.endPause = null;
    }
    if (job.progress.state === 'started') {
      job.endExpectation ??= this.ordered.expect(job.gatewayId, job.kind, job.serial);
    } else {
      job.endExpectation?.();
      job.endExpectation = null;
    }
  }

  /** Never rejects. What cannot be stored is stored later: see `tick`. */
  private async save(job: Job): Promise<void> {
    if (job.isSaving) return;
    job.isSaving = true;
    try {
      while (job.isUnsaved) {
        job.isUnsaved = false;
        const { progress } = job;
        await this.outage.watch(() => this.acquisitions.save(job.id, progress));
        this.published(job.id);
      }
      if (isFinal(job.progress)) this.wake(job.id);
      if (isOver(job)) this.drop(job);
    } catch {
      job.isUnsaved = true;
    } finally {
      job.isSaving = false;
    }
  }

  private published(id: string): void {
    for (const listener of this.listeners) listener(id);
  }

  private wake(id: string): void {
    const waiters = this.waiters.get(id) ?? [];
    this.waiters.delete(id);
    for (const wake of waiters) wake();
  }

  private onDue(job: Job): void {
    if (job.marking) return; // It is about to be sent.
    if (isFinal(job.progress)) {
      if (!job.isUnsaved && !job.isSaving) this.drop(job); // No late reading has come.
    } else this.apply(job, { type: 'due' });
  }

  private onLost(gatewayId: string): void {
    for (const job of this.jobsOf(gatewayId)) this.apply(job, { type: 'lost', code: 'session_lost' });
  }

  private onFrame(gatewayId: string, frame: InboundFrame): void {
    const jobs = this.jobsOf(gatewayId).filter(({ progress }) => isRunning(progress));
    if (jobs.length === 0) return;
    const refusal = readLateRefusal(frame);
    if (refusal) {
      // Errors name the command, but no sensor: the latest one is the likeliest.
      const latest = jobs.filter(({ kind }) => kind === refusal.kind).at(-1);
      if (latest) this.apply(latest, { type: 'rejected', message: this.commands.forPeople(gatewayId, refusal.text) });
      return;
    }
    for (const job of jobs) {
      const type = job.kind === 'vibration' ? readStart(frame, job.serial) : null;
      if (type !== null) this.apply(job, { type });
    }
  }

  /** A reading belongs to the acquisition that is open; only if there is none, it is a late one. */
  private onStored({ gatewayId, kind, serial, outcome, row }: StoredReading): void {
    if (!this.byGateway.has(gatewayId) || row === null || outcome === 'conflict') return;
    const jobs = this.jobsOf(gatewayId)
      .filter(
        (job) => job.kind === kind && job.serial === serial && job.sentAt !== null && job.sentAt <= row.receivedAt,
      )
      .sort((a, b) => Number(isFinal(a.progress)) - Number(isFinal(b.progress)));
    for (const job of jobs) {
      if (row.origin === 'history') job.mustLook = true;
      else if (this.apply(job, { type: 'reading', readingId: readingIdOf(row), source: 'live' })) return;
    }
    for (const job of jobs) if (job.mustLook) this.lookAgain(job);
  }

  /** Once the gateway was asked for what was missed, a reading that is not stored is nowhere. */
  private recover(job: Job, now: Moment): void {
    if (job.mustLook) return this.lookAgain(job);
    const measuredAt = (job.sentAt?.getTime() ?? 0) + measuredWithin(job.kind, this.limits);
    if (timeOf(now).getTime() < measuredAt) return;
    if (this.catchUp.statusOf(job.gatewayId)?.progress(job.kind) === null) void this.look(job, true);
  }

  /** Readings that are stored while it looks may not be found: then it looks once more. */
  private lookAgain(job: Job): void {
    if (job.isLooking) return;
    job.mustLook = false;
    void this.look(job);
  }

  /** Searches the stored readings for the one that was ordered. @param isLast gives up if it is not there. Never rejects. */
  private async look(job: Job, isLast = false): Promise<void> {
    const { sentAt } = job;
    if (job.isLooking || sentAt === null) return;
    job.isLooking = true;
    try {
      const found = await this.outage.watch(() => this.acquisitions.findReading(job, sentAt));
      if (!this.jobs.has(job.id)) return;
      if (found) {
        const source = found.origin === 'history' ? 'history' : 'live';
        this.apply(job, { type: 'reading', readingId: found.readingId, source });
      } else if (isLast && !job.mustLook) this.apply(job, { type: 'notFound' });
    } catch {
      job.mustLook = true;
    } finally {
      job.isLooking = false;
    }
  }

  /** Sends what may be sent, the oldest first. */
  private advance(now: Moment): void {
    const active = new Map<string, Job[]>();
    for (const job of this.jobs.values()) {
      if (job.progress.state !== 'queued' || job.command !== null || now >= job.dueAt) continue;
      const others = active.get(job.gatewayId) ?? this.jobsOf(job.gatewayId).filter(isActive);
      active.set(job.gatewayId, others);
      job.blockedBy = this.blockNow(job, others);
      if (job.blockedBy !== 'gateway_busy') continue;
      others.push(job);
      void this.send(job);
    }
  }

  /** `gateway_busy` if it waits for nothing but its turn. */
  private blockNow(job: Job, active: readonly Job[]): BlockedBy {
    if (this.registry.find(EVERYWHERE, job.gatewayId)?.state !== 'connected') return 'gateway_not_connected';
    if (!job.isSensorConnected) return 'sensor_not_connected';
    const isTaken = active.some(({ sensorId }) => sensorId === job.sensorId);
    return isTaken || active.length >= this.config.env.ACQUISITIONS_PER_GATEWAY
      ? 'another_acquisition'
      : 'gateway_busy';
  }

  /** Waits for the gateway, sends the command, and waits whether it is refused. Never rejects. */
  private async send(job: Job): Promise<void> {
    const command = (job.command = new AbortController());
    this.follow(job);
    try {
      await this.commands.send(
        job.gatewayId,
        { type: TAKES[job.kind], serial: job.serial },
        { priority: PRIORITY.order, mayBeSent: () => this.mark(job), signal: command.signal },
      );
    } catch (error) {
      await job.marking?.catch(() => undefined); // The session may have ended just now.
      if (error instanceof CommandError) this.onUnsent(job, error);
      else this.logger.error({ err: error, acquisitionId: job.id }, 'an acquisition could not be sent');
    } finally {
      job.command = null;
      if (this.jobs.has(job.id)) this.follow(job);
    }
  }

  private mark(job: Job): Promise<boolean> {
    job.marking = this.markSent(job).finally(() => (job.marking = null));
    return job.marking;
  }

  /** Marks the acquisition as sent. @returns whether it may be */
  private async markSent(job: Job): Promise<boolean> {
    if (!this.jobs.has(job.id) || job.progress.state !== 'queued') return false;
    const sentAt = timeOf(performance.now());
    const permission = await this.outage.watch(() => this.acquisitions.markSent(job.id, sentAt));
    if (permission === 'sensor_not_connected') job.isSensorConnected = false;
    if (permission === 'gone') {
      this.drop(job); // Cancelled, or another process carries it out.
      this.wake(job.id);
    }
    // If it was dropped meanwhile, it is marked, but not sent: whoever loads it looks for a reading.
    if (permission !== 'sent' || !this.jobs.has(job.id)) return false;
    job.sentAt = sentAt;
    return this.apply(job, { type: 'sent' });
  }

  private onUnsent(job: Job, { code, said }: CommandError): void {
    if (!this.jobs.has(job.id)) return;
    if (code === 'rejected_by_gateway') {
      this.apply(job, { type: 'rejected', message: said && this.commands.forPeople(job.gatewayId, said) });
    } else if (code === 'session_lost') this.apply(job, { type: 'lost', code });
    else if (code === 'queue_full') this.apply(job, { type: 'queueFull' });
  }

  private async checkSensors(now: Moment): Promise<void> {
    const waiting = [...this.jobs.values()].filter(({ blockedBy }) => blockedBy === 'sensor_not_connected');
    if (waiting.length === 0) return;
    this.sensorsCheckedAt = now;
    try {
      const ids = waiting.map(({ sensorId }) => sensorId);
      const away = await this.outage.watch(() => this.acquisitions.findDisconnected(ids));
      for (const job of waiting) job.isSensorConnected = !away.has(job.sensorId);
    } catch {
      // Tried again a second later.
    }
  }

  private log({ id, gatewayId, sensorId, kind, progress }: Job): void {
    if (!isFinal(progress)) return;
    const fields = { acquisitionId: id, gatewayId, sensorId, kind, state: progress.state, code: progress.failureCode };
    if (progress.state === 'failed') this.logger.info(fields, 'acquisition failed');
    else this.logger.debug(fields, 'acquisition ended');
  }
}

/** Whether the gateway is carrying it out, or has it next. A reading that is being recovered may be one that is still being measured. */
function isActive({ progress, command }: Job): boolean {
  return command !== null || (!isFinal(progress) && progress.state !== 'queued');
}
