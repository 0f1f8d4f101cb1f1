import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { Outage } from '../database/outage';
import { HistoryPauses } from '../readings/catch-up/history-pauses';
import { OrderedReadings } from '../readings/ingest/ordered-readings';
import type { AmongGateways } from '../status/while-holding';
import { isFinal, isRunning, step } from './acquisition.machine';
import type { AcquisitionEvent, Progress } from './acquisition.machine';
import { durationOf, isOver } from './acquisition-job';
import type { AcquisitionLimits, Job } from './acquisition-job';
import { AcquisitionsRepository } from './acquisitions.repository';

/** Called when a change is stored; must not wait for anything. */
export type AcquisitionListener = (id: string) => void;

/** Called when an acquisition ends; must not wait for anything. */
export type AcquisitionEndListener = (progress: Progress) => void;

/** The acquisitions that this process carries out. Each change is stored, and goes on in memory while the database is away. */
@Injectable()
export class AcquisitionJobs {
  readonly limits: AcquisitionLimits;
  readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'acquisitions cannot be stored, keeping them'),
  );
  private readonly byId = new Map<string, Job>();
  private readonly byGateway = new Map<string, Set<Job>>();
  private readonly waiters = new Map<string, Set<() => void>>();
  private readonly listeners = new Set<AcquisitionListener>();
  private readonly endListeners = new Set<AcquisitionEndListener>();

  constructor(
    private readonly acquisitions: AcquisitionsRepository,
    private readonly pauses: HistoryPauses,
    private readonly ordered: OrderedReadings,
    { env }: Config,
    @InjectPinoLogger(AcquisitionJobs.name) private readonly logger: PinoLogger,
  ) {
    this.limits = { startMs: env.ACQUISITION_START_TIMEOUT_MS, readingMs: env.ACQUISITION_READING_TIMEOUT_MS };
  }

  /** The oldest first. */
  get all(): Iterable<Job> {
    return this.byId.values();
  }

  find(id: string): Job | undefined {
    return this.byId.get(id);
  }

  has({ id }: Job): boolean {
    return this.byId.has(id);
  }

  /** Adds a job. */
  add(job: Job): void {
    this.byId.set(job.id, job);
    this.byGateway.set(job.gatewayId, (this.byGateway.get(job.gatewayId) ?? new Set()).add(job));
  }

  /** A copy, so that jobs can be dropped meanwhile. */
  ofGateway(gatewayId: string): Job[] {
    return [...(this.byGateway.get(gatewayId) ?? [])];
  }

  /** Forgets a job, and all that goes with it. */
  drop(job: Job): void {
    if (!this.byId.delete(job.id)) return;
    const others = this.byGateway.get(job.gatewayId);
    others?.delete(job);
    if (others?.size === 0) this.byGateway.delete(job.gatewayId);
    job.command?.abort();
    job.endPause?.();
    job.endExpectation?.();
    job.endPause = job.endExpectation = null;
  }

  /** Forgets the jobs of these gateways; nothing waits for them any more. */
  clear(isAmong: AmongGateways): void {
    for (const job of [...this.byId.values()]) {
      if (!isAmong(job.gatewayId)) continue;
      this.drop(job);
      this.wake(job.id);
    }
  }

  /** @returns whether the event has changed anything */
  apply(job: Job, event: AcquisitionEvent): boolean {
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
      if (isFinal(job.progress)) this.ended(job.progress);
    }
    job.isUnsaved = event.type !== 'sent'; // That is stored before.
    if (job.isUnsaved) void this.save(job);
    else this.published(job.id);
    return true;
  }

  /** Pauses the history while the acquisition needs the gateway, and expects its reading once the sensor measures. */
  follow(job: Job): void {
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

  /** Never rejects. What cannot be stored is stored when it is called again. */
  async save(job: Job): Promise<void> {
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

  /** Tells the listeners of a change that is stored. */
  published(id: string): void {
    for (const listener of this.listeners) listener(id);
  }

  /** Tells the listeners of an acquisition that has ended. */
  ended(progress: Progress): void {
    for (const listener of this.endListeners) listener(progress);
  }

  /** Ends the waits for an acquisition that this process no longer carries out. */
  wake(id: string): void {
    const waiters = this.waiters.get(id) ?? [];
    this.waiters.delete(id);
    for (const wake of waiters) wake();
  }

  private log({ id, gatewayId, sensorId, kind, progress }: Job): void {
    if (!isFinal(progress)) return;
    const fields = { acquisitionId: id, gatewayId, sensorId, kind, state: progress.state, code: progress.failureCode };
    if (progress.state === 'failed') this.logger.info(fields, 'acquisition failed');
    else this.logger.debug(fields, 'acquisition ended');
  }

  /** Resolves when the acquisition is final and stored, or this process no longer carries it out. */
  whenFinal(id: string): Promise<void> {
    const job = this.byId.get(id);
    if (!job || (isFinal(job.progress) && !job.isUnsaved)) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.set(id, (this.waiters.get(id) ?? new Set()).add(resolve));
    });
  }

  /** Calls the listener for each acquisition that ends from now on. */
  onEnd(listener: AcquisitionEndListener): void {
    this.endListeners.add(listener);
  }

  /** Calls the listener for each change from now on. */
  onChange(listener: AcquisitionListener): void {
    this.listeners.add(listener);
  }
}
