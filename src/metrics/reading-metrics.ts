import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import { AcquisitionJobs } from '../acquisitions/acquisition-jobs';
import { CatchUp } from '../readings/catch-up/catch-up';
import { IngestService } from '../readings/ingest/ingest.service';
import { StoredReadings } from '../readings/ingest/stored-readings';
import { READING_KINDS } from '../readings/reading';
import { Retention } from '../readings/retention/retention';
import type { MetricText } from './metric-text';

/** Follows the readings: their way into the database, what is fetched of histories, readings on demand, and what is kept. */
@Injectable()
export class ReadingMetrics implements OnModuleInit {
  /** What is counted as it happens. */
  readonly registry = new Registry();
  private readonly stored = new Counter({
    name: 'gateway_hub_readings_stored_total',
    help: 'Records given to the database, by what became of them; those of histories included',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  private readonly acquisitions = new Counter({
    name: 'gateway_hub_acquisitions_total',
    help: 'Readings on demand that have ended',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });

  constructor(
    private readonly storedReadings: StoredReadings,
    private readonly jobs: AcquisitionJobs,
    private readonly ingest: IngestService,
    private readonly catchUp: CatchUp,
    private readonly retention: Retention,
  ) {}

  onModuleInit(): void {
    this.storedReadings.subscribe(({ kind, outcome }) => this.stored.inc({ kind, outcome }));
    this.jobs.onEnd(({ kind, state }) => this.acquisitions.inc({ kind, outcome: state }));
  }

  /** Writes what is read at each scrape. */
  write(text: MetricText): void {
    this.writeIngest(text);
    this.writeCatchUp(text);
    const kept = this.retention.figures;
    const over = kept && Number(kept.isOverBudget);
    text.one('gateway_hub_waveforms_bytes', 'gauge', 'Waveforms on disk, indexes included', kept?.bytes ?? null);
    text.one('gateway_hub_waveforms_over_budget', 'gauge', 'Whether that is more than WAVEFORM_MAX_BYTES', over);
  }

  /** Without samples while another process runs the sessions. */
  private writeIngest(text: MetricText): void {
    const { stats } = this.ingest;
    const failing = stats && Number(stats.isStoringFailing);
    text.one('gateway_hub_readings_waiting', 'gauge', 'Readings that wait in memory', stats?.waiting ?? null);
    text.one('gateway_hub_readings_waiting_bytes', 'gauge', 'What they take', stats?.waitingBytes ?? null);
    text.one('gateway_hub_readings_spool_bytes', 'gauge', 'Size of the spool on disk', stats?.spoolBytes ?? null);
    text.one('gateway_hub_readings_storing_failing', 'gauge', 'Whether the last transaction failed', failing);
    text.each(
      ...(['gateway_hub_readings_dropped_total', 'counter', 'Readings without room to wait, lost', 'kind'] as const),
      stats ? READING_KINDS.map((kind) => [kind, stats.dropped[kind]]) : [],
    );
    text.one(
      ...(['gateway_hub_readings_unreadable_total', 'counter', 'Records kept as text, not as readings'] as const),
      stats?.unreadable ?? null,
    );
  }

  private writeCatchUp(text: MetricText): void {
    const { pages, records, added, gaps, running, waiting } = this.catchUp.figures;
    text.one('gateway_hub_catch_up_replies_total', 'counter', 'Replies with records of histories', pages);
    text.one('gateway_hub_catch_up_records_total', 'counter', 'Records in them', records);
    text.one('gateway_hub_catch_up_added_total', 'counter', 'Of them, those that were missing', added);
    text.one('gateway_hub_reading_gaps_total', 'counter', 'Gaps found: records that cannot be fetched', gaps);
    text.each(
      ...(['gateway_hub_catch_up_gateways', 'gauge', 'Gateways whose history is fetched', 'state'] as const),
      Object.entries({ running, waiting }),
    );
  }
}
