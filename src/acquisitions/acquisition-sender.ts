import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { EVERYWHERE } from '../common/actor';
import { timeOf } from '../common/clock';
import type { Moment } from '../common/clock';
import { Config } from '../config/config';
import { CommandError, GatewayCommands } from '../connections/gateway-commands';
import { PRIORITY } from '../gateway-client/conversation/command';
import { ConnectionRegistry } from '../status/connection.registry';
import { isFinal } from './acquisition.machine';
import type { BlockedBy, Job } from './acquisition-job';
import { AcquisitionJobs } from './acquisition-jobs';
import { AcquisitionsRepository } from './acquisitions.repository';
import { TAKES } from './gateway-news';

/** How often it is looked whether sensors out of reach have come back, in milliseconds. */
const SENSORS_MS = 1000;

/** Sends the commands of acquisitions when they may be sent. Each is sent once: it is marked as sent before it is, and never again. */
@Injectable()
export class AcquisitionSender {
  private sensorsCheckedAt: Moment = -Infinity;

  constructor(
    private readonly jobs: AcquisitionJobs,
    private readonly acquisitions: AcquisitionsRepository,
    private readonly commands: GatewayCommands,
    private readonly registry: ConnectionRegistry,
    private readonly config: Config,
    @InjectPinoLogger(AcquisitionSender.name) private readonly logger: PinoLogger,
  ) {}

  /** Sends what may be sent, the oldest first. */
  advance(now: Moment): void {
    const active = new Map<string, Job[]>();
    for (const job of this.jobs.all) {
      if (job.progress.state !== 'queued' || job.command !== null || now >= job.dueAt) continue;
      const others = active.get(job.gatewayId) ?? this.jobs.ofGateway(job.gatewayId).filter(isActive);
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
    this.jobs.follow(job);
    const priority = job.isScheduled ? PRIORITY.scheduled : PRIORITY.order;
    try {
      await this.commands.send(
        job.gatewayId,
        { type: TAKES[job.kind], serial: job.serial },
        { priority, mayBeSent: () => this.mark(job), signal: command.signal },
      );
    } catch (error) {
      await job.marking?.catch(() => undefined); // The session may have ended just now.
      if (error instanceof CommandError) this.onUnsent(job, error);
      else this.logger.error({ err: error, acquisitionId: job.id }, 'an acquisition could not be sent');
    } finally {
      job.command = null;
      if (this.jobs.has(job)) this.jobs.follow(job);
    }
  }

  private mark(job: Job): Promise<boolean> {
    job.marking = this.markSent(job).finally(() => (job.marking = null));
    return job.marking;
  }

  /** Marks the acquisition as sent. @returns whether it may be */
  private async markSent(job: Job): Promise<boolean> {
    if (!this.jobs.has(job) || job.progress.state !== 'queued') return false;
    const sentAt = timeOf(performance.now());
    const permission = await this.jobs.outage.watch(() => this.acquisitions.markSent(job.id, sentAt));
    if (permission === 'sensor_not_connected') job.isSensorConnected = false;
    if (permission === 'gone') {
      this.jobs.drop(job); // Cancelled, or another process carries it out.
      this.jobs.wake(job.id);
    }
    // If it was dropped meanwhile, it is marked, but not sent: whoever loads it looks for a reading.
    if (permission !== 'sent' || !this.jobs.has(job)) return false;
    job.sentAt = sentAt;
    return this.jobs.apply(job, { type: 'sent' });
  }

  private onUnsent(job: Job, { code, said }: CommandError): void {
    if (!this.jobs.has(job)) return;
    if (code === 'rejected_by_gateway') {
      this.jobs.apply(job, { type: 'rejected', message: said && this.commands.forPeople(job.gatewayId, said) });
    } else if (code === 'session_lost') this.jobs.apply(job, { type: 'lost', code });
    else if (code === 'queue_full') this.jobs.apply(job, { type: 'queueFull' });
  }

  /** Looks once a second whether sensors that were not connected have come back. Never rejects. */
  async checkSensors(now: Moment): Promise<void> {
    if (now < this.sensorsCheckedAt + SENSORS_MS) return;
    const waiting = [...this.jobs.all].filter(({ blockedBy }) => blockedBy === 'sensor_not_connected');
    if (waiting.length === 0) return;
    this.sensorsCheckedAt = now;
    try {
      const ids = waiting.map(({ sensorId }) => sensorId);
      const away = await this.jobs.outage.watch(() => this.acquisitions.findDisconnected(ids));
      for (const job of waiting) job.isSensorConnected = !away.has(job.sensorId);
    } catch {
      // Tried again a second later.
    }
  }
}

/** Whether the gateway is carrying it out, or has it next. A reading that is being recovered may be one that is still being measured. */
function isActive({ progress, command }: Job): boolean {
  return command !== null || (!isFinal(progress) && progress.state !== 'queued');
}
