import { Injectable } from '@nestjs/common';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { GatewayCommands } from '../connections/gateway-commands';
import { GatewayInbox } from '../connections/session/gateway-inbox';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import type { InboundFrame } from '../gateway-client/protocol/frames';
import { CatchUp } from '../readings/catch-up/catch-up';
import { StoredReadings } from '../readings/ingest/stored-readings';
import { readingIdOf } from '../readings/storage/stored-reading';
import type { StoredReading } from '../readings/storage/stored-reading';
import { StateChanges } from '../status/state-changes';
import type { AmongGateways } from '../status/while-holding';
import type { AcquisitionRow } from './acquisition.entity';
import { isFinal, isRunning, step } from './acquisition.machine';
import type { OrderedSensor } from './acquisition.sql';
import { durationOf, isOver, measuredWithin, newJob } from './acquisition-job';
import type { BlockedBy, Job } from './acquisition-job';
import { AcquisitionJobs } from './acquisition-jobs';
import { AcquisitionSender } from './acquisition-sender';
import { AcquisitionsRepository } from './acquisitions.repository';
import type { LoadedAcquisition } from './acquisitions.repository';
import { readLateRefusal, readStart } from './gateway-news';

/** How often deadlines and waiting orders are looked at, in milliseconds. */
export const TICK_MS = 250;
/**
 * Carries out acquisitions: follows what gateways say and what is stored, and finds readings whose session was lost. One timer serves the
 * whole fleet.
 */
@Injectable()
export class AcquisitionRunner {
  private stopHearing: (() => void)[] = [];

  constructor(
    private readonly jobs: AcquisitionJobs,
    private readonly sender: AcquisitionSender,
    private readonly acquisitions: AcquisitionsRepository,
    private readonly commands: GatewayCommands,
    private readonly inbox: GatewayInbox,
    private readonly changes: StateChanges,
    private readonly stored: StoredReadings,
    private readonly catchUp: CatchUp,
  ) {}

  /** Finds the acquisitions of these gateways that have not ended. What was sent by an earlier process may have been measured meanwhile. */
  async load(isGained: AmongGateways): Promise<void> {
    this.jobs.clear(isGained);
    for (const row of await this.acquisitions.findUnfinished()) if (isGained(row.gatewayId)) this.resume(row);
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
    this.jobs.clear(() => true);
  }

  /** Another process goes on with what is under way at these gateways. */
  leave(isLeft: AmongGateways): void {
    this.jobs.clear(isLeft);
  }

  /** Carries out a new acquisition. */
  add(row: AcquisitionRow, sensor: OrderedSensor, expiresInMs: number): void {
    const job = newJob(row, sensor);
    job.dueAt = performance.now() + expiresInMs;
    this.jobs.add(job);
    this.jobs.published(job.id);
    this.sender.advance(performance.now());
  }

  /** Call when a queued acquisition was cancelled in the database. */
  cancelled(id: string): void {
    const job = this.jobs.find(id);
    if (job) {
      job.progress = step(job.progress, { type: 'cancel' });
      this.jobs.ended(job.progress);
      this.jobs.drop(job);
    }
    this.jobs.published(id);
    this.jobs.wake(id);
  }

  /** Null if it is not queued, or its turn has come. */
  blockOf(id: string): BlockedBy | null {
    return this.jobs.find(id)?.blockedBy ?? null;
  }

  /** Call every `TICK_MS`. */
  tick(): void {
    const now = performance.now();
    for (const job of this.jobs.all) {
      if (job.isUnsaved) void this.jobs.save(job);
      if (now >= job.dueAt) this.onDue(job);
      if (job.progress.state === 'recovering') this.recover(job, now);
    }
    void this.sender.checkSensors(now);
    this.sender.advance(now);
  }

  @OnDomainEvent('gateway.deleted')
  onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): void {
    for (const job of this.jobs.ofGateway(gatewayId)) {
      this.jobs.drop(job);
      this.jobs.wake(job.id);
    }
  }

  private resume(row: LoadedAcquisition): void {
    const job = newJob(row, row);
    if (isOver(job)) return;
    const duration = durationOf(job.progress, this.jobs.limits) - (row.endedForMs ?? 0);
    job.dueAt = performance.now() + (row.state === 'queued' ? row.expiresInMs : duration);
    this.jobs.add(job);
    this.jobs.apply(job, { type: 'lost', code: 'service_stopped' });
  }

  private onDue(job: Job): void {
    if (job.marking) return; // It is about to be sent.
    if (isFinal(job.progress)) {
      if (!job.isUnsaved && !job.isSaving) this.jobs.drop(job); // No late reading has come.
    } else this.jobs.apply(job, { type: 'due' });
  }

  private onLost(gatewayId: string): void {
    for (const job of this.jobs.ofGateway(gatewayId)) this.jobs.apply(job, { type: 'lost', code: 'session_lost' });
  }

  private onFrame(gatewayId: string, frame: InboundFrame): void {
    const jobs = this.jobs.ofGateway(gatewayId).filter(({ progress }) => isRunning(progress));
    if (jobs.length === 0) return;
    const refusal = readLateRefusal(frame);
    if (refusal) {
      // Errors name the command, but no sensor: the latest one is the likeliest.
      const latest = jobs.filter(({ kind }) => kind === refusal.kind).at(-1);
      if (latest)
        this.jobs.apply(latest, { type: 'rejected', message: this.commands.forPeople(gatewayId, refusal.text) });
      return;
    }
    for (const job of jobs) {
      const type = job.kind === 'vibration' ? readStart(frame, job.serial) : null;
      if (type !== null) this.jobs.apply(job, { type });
    }
  }

  /** A reading belongs to the acquisition that is open; only if there is none, it is a late one. */
  private onStored({ gatewayId, kind, serial, outcome, row }: StoredReading): void {
    if (row === null || outcome === 'conflict') return;
    const jobs = this.jobs
      .ofGateway(gatewayId)
      .filter(
        (job) => job.kind === kind && job.serial === serial && job.sentAt !== null && job.sentAt <= row.receivedAt,
      )
      .sort((a, b) => Number(isFinal(a.progress)) - Number(isFinal(b.progress)));
    for (const job of jobs) {
      if (row.origin === 'history') job.mustLook = true;
      else if (this.jobs.apply(job, { type: 'reading', readingId: readingIdOf(row), source: 'live' })) return;
    }
    for (const job of jobs) if (job.mustLook) this.lookAgain(job);
  }

  /** Once the gateway was asked for what was missed, a reading that is not stored is nowhere. */
  private recover(job: Job, now: Moment): void {
    if (job.mustLook) return this.lookAgain(job);
    const measuredAt = (job.sentAt?.getTime() ?? 0) + measuredWithin(job.kind, this.jobs.limits);
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
      const found = await this.jobs.outage.watch(() => this.acquisitions.findReading(job, sentAt));
      if (!this.jobs.has(job)) return;
      if (found) {
        const source = found.origin === 'history' ? 'history' : 'live';
        this.jobs.apply(job, { type: 'reading', readingId: found.readingId, source });
      } else if (isLast && !job.mustLook) this.jobs.apply(job, { type: 'notFound' });
    } catch {
      job.mustLook = true;
    } finally {
      job.isLooking = false;
    }
  }
}
