import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { setTimeout as pause } from 'node:timers/promises';
import { Config } from '../../config/config';
import { Outage } from '../../database/outage';
import { PartitionKeeper } from '../storage/partition-keeper';
import { RetentionConnections } from './retention-connection';
import type { OpenConnection } from './retention-connection';
import { daysBefore, isOverBudget, monthsToDrop, nextToThin } from './retention-plan';
import type { MonthUsage, RetentionLimits, Usage } from './retention-plan';
import { RetentionRepository } from './retention.repository';
import type { DropOutcome } from './retention.repository';

/** Sensors whose waveforms are copied by one statement. */
const CHUNK = 20;
/** How often a table that somebody uses is tried, and the pause before the next try, in milliseconds. */
const TRIES = 60;
const RETRY_MS = 500;

/** What `/api/health` says about the retention. */
export interface RetentionFigures {
  readonly fullDays: number;
  /** The last day of which waveforms were thinned, `yyyy-mm-dd`; null if none were. */
  readonly thinnedThrough: string | null;
  /** Of all waveforms on disk, with indexes. */
  readonly bytes: number;
  readonly isOverBudget: boolean;
}

/**
 * Thins old waveforms and drops old readings, month by month, while this process runs the sessions. A month is copied in small steps, then
 * its partition is dropped. Whatever step it ends at, the next clean-up repeats it and goes on.
 */
@Injectable()
export class Retention {
  private readonly limits: RetentionLimits;
  private readonly perDay: number;
  private isStarted = false;
  private running: Promise<void> | null = null;
  private connection: OpenConnection | null = null;
  private latest: RetentionFigures | null = null;
  private wasOverBudget = false;
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'old readings and waveforms cannot be cleaned up, trying again later'),
  );

  constructor(
    private readonly repository: RetentionRepository,
    private readonly connections: RetentionConnections,
    private readonly partitions: PartitionKeeper,
    { env }: Config,
    @InjectPinoLogger(Retention.name) private readonly logger: PinoLogger,
  ) {
    this.limits = {
      readingsDays: env.READINGS_RETENTION_DAYS,
      fullDays: env.WAVEFORM_FULL_DAYS,
      maxBytes: (env.WAVEFORM_MAX_BYTES ?? 0) > 0 ? (env.WAVEFORM_MAX_BYTES ?? 0) : null,
    };
    this.perDay = env.WAVEFORM_THINNED_PER_DAY;
  }

  /** As the last clean-up has found or left it; null before the first one, and while another process runs the sessions. */
  get figures(): RetentionFigures | null {
    return this.latest;
  }

  start(): void {
    this.isStarted = true;
  }

  /** Breaks off the statement under way. Resolves when the clean-up has ended. */
  async stop(): Promise<void> {
    this.isStarted = false;
    await this.connection?.close();
    await this.running;
    this.latest = null;
  }

  /** Cleans up, unless a clean-up is under way. Does nothing before `start`. Never rejects. */
  run(): Promise<void> {
    if (!this.isStarted) return Promise.resolve();
    this.running ??= this.cleanUp().finally(() => (this.running = null));
    return this.running;
  }

  private async cleanUp(): Promise<void> {
    try {
      await this.outage.watch(() =>
        this.cleanUpOnce().catch((error: unknown) => {
          if (this.isStarted) throw error; // Otherwise `stop` has broken it off.
        }),
      );
    } catch {
      // The outage has been logged; what is left is found the next time.
    } finally {
      await this.connection?.close();
      this.connection = null;
    }
  }

  private async cleanUpOnce(): Promise<void> {
    const today = new Date().toISOString().slice(0, 10);
    let usage = await this.look();
    for (let month = nextToThin(usage, this.limits, today); month; month = nextToThin(usage, this.limits, today)) {
      if (!(await this.thin(month))) return;
      usage = await this.look();
    }
    const expired = monthsToDrop(usage, this.limits, today);
    for (const month of expired) if (this.isStarted) await this.drop(month);
    if (expired.length === 0) return;
    await this.repository.expireGaps(await this.connect(), daysBefore(today, this.limits.readingsDays));
    await this.look();
  }

  private async look(): Promise<Usage> {
    const usage = await this.repository.findUsage();
    const [isOver, { waveformBytes: bytes, thinnedBefore }] = [isOverBudget(usage, this.limits), usage];
    const thinnedThrough = thinnedBefore === null ? null : daysBefore(thinnedBefore, 1);
    this.latest = { fullDays: this.limits.fullDays, thinnedThrough, bytes, isOverBudget: isOver };
    if (isOver && !this.wasOverBudget)
      this.logger.warn(
        { bytes, maxBytes: this.limits.maxBytes },
        'waveforms take more than their budget, thinning earlier',
      );
    this.wasOverBudget = isOver;
    return usage;
  }

  /** @returns false if it was given up, until the next clean-up */
  private async thin(month: MonthUsage): Promise<boolean> {
    const connection = await this.connect();
    await this.repository.makeKept(connection, month);
    let mark = await this.repository.mark(connection);
    for (let after = 0; ;) {
      const sensors = await this.repository.findSensors(connection, after, CHUNK);
      after = sensors.at(-1) ?? Infinity;
      if (sensors.length > 0) await this.keep(connection, month, sensors);
      if (sensors.length < CHUNK) break;
    }
    for (let tries = 0; tries < TRIES && this.isStarted; tries += 1) {
      const outcome = await this.repository.dropWaveforms(connection, month, mark, this.perDay);
      if (outcome === 'dropped') {
        this.partitions.forget();
        this.logger.info(
          { from: month.from, to: month.to, perDay: this.perDay },
          'the waveforms of a month are thinned',
        );
        return true;
      }
      if (outcome === 'busy') await pause(RETRY_MS);
      else mark = await this.keepChanged(connection, month, mark);
    }
    if (this.isStarted)
      this.logger.info({ from: month.from }, 'the waveforms of a month are in use, thinning them later');
    return false;
  }

  private async keepChanged(connection: OpenConnection, month: MonthUsage, mark: number): Promise<number> {
    const next = await this.repository.mark(connection);
    const changed = await this.repository.findChangedSensors(connection, month, mark);
    for (let first = 0; first < changed.length; first += CHUNK)
      await this.keep(connection, month, changed.slice(first, first + CHUNK));
    return next;
  }

  private async keep(connection: OpenConnection, month: MonthUsage, sensors: readonly number[]): Promise<void> {
    if (!this.isStarted) throw new Error('the sessions have ended');
    const startedAt = performance.now();
    await this.repository.keep(connection, month, sensors, this.perDay);
    // At most half of the time: others read and write the same disk.
    await pause(performance.now() - startedAt);
  }

  private async drop(month: MonthUsage): Promise<void> {
    const connection = await this.connect();
    if (await this.repository.wasReceivedSince(connection, month, this.limits.readingsDays)) return;
    let outcome: DropOutcome = 'busy';
    for (let tries = 0; outcome === 'busy' && tries < TRIES && this.isStarted; tries += 1) {
      if (tries > 0) await pause(RETRY_MS);
      const dropped = await this.repository.dropReadings(connection, month);
      outcome = dropped.outcome;
      if (dropped.tables === 0) continue;
      this.partitions.forget();
      this.logger.info({ from: month.from, to: month.to }, 'the readings of a month are dropped');
    }
  }

  /** The connection of this clean-up. */
  private async connect(): Promise<OpenConnection> {
    this.connection ??= await this.connections.open();
    return this.connection;
  }
}
