import { Injectable } from '@nestjs/common';
import { GatewayCommands } from '../../connections/gateway-commands';
import { PRIORITY } from '../../gateway-client/conversation/command';
import type { HistoryType } from '../../gateway-client/protocol/frames';
import { ReadingEncoder } from '../ingest/reading-encoder';
import { StoredReadings } from '../ingest/stored-readings';
import { failureOf } from '../ingest/store-failure';
import { toKeep } from '../ingest/to-keep';
import { AXES } from '../reading';
import type { NewReading, ReadingKind, ReceivedRecord, UnreadableRecord } from '../reading';
import { readRecords } from '../records/read-records';
import { KeptRecordsRepository } from '../storage/kept-records.repository';
import { NotifiedReadings } from '../storage/notified-readings';
import type { StoredReading } from '../storage/stored-reading';
import { dayOf, textOfDay } from './history';
import type { Gap, HistoryRecord, HistoryReply, HistoryRequest } from './history';

const COMMANDS: Readonly<Record<ReadingKind, HistoryType>> = {
  vibration: 'GET_DYN_READINGS',
  temperature: 'GET_DYN_TEMPS',
  battery: 'GET_DYN_BATTS',
};

const REPLIES: Readonly<Record<ReadingKind, string>> = {
  vibration: 'RTN_DYN_READINGS',
  temperature: 'RTN_DYN_TEMPS',
  battery: 'RTN_DYN_BATTS',
};

/** Waveforms take a gateway long to collect, and the network long to carry. */
const VIBRATION_DEADLINE_MS = 120_000;
const SCALAR_DEADLINE_MS = 30_000;
/** More than the largest page that is asked for: a gateway's records may be larger than those before. */
const ANSWER_BYTES = 48 * 1024 * 1024;
/** Readings that are encoded and stored together, so that live ones wait for a short transaction only. */
const BATCH = 32;
/** Of a sample and of a record without its samples, as text. */
const SAMPLE_BYTES = 10;
const RECORD_BYTES = 200;

export interface PageOptions {
  readonly isUrgent: boolean;
  /** Since when records may be missing: what was stored before counts as stored. */
  readonly lostAt: Date;
  readonly signal: AbortSignal;
}

/** One reply, stored. */
export interface HistoryPage {
  readonly reply: HistoryReply;
  readonly added: number;
  /** Days of records that could not be read. */
  readonly gaps: readonly Gap[];
}

const FAILED: HistoryPage = { reply: { type: 'failed' }, added: 0, gaps: [] };

/** Asks gateways for pages of their history, and stores them. */
@Injectable()
export class HistoryPages {
  constructor(
    private readonly commands: GatewayCommands,
    private readonly encoder: ReadingEncoder,
    private readonly readings: NotifiedReadings,
    private readonly kept: KeptRecordsRepository,
    private readonly storedReadings: StoredReadings,
  ) {}

  /**
   * Resolves when the page is committed.
   * @throws CommandError, or the error of the database: then the same page must be asked for again
   */
  async fetch(gatewayId: string, request: HistoryRequest, options: PageOptions): Promise<HistoryPage> {
    const { kind, serials, start, end, max } = request;
    const data = await this.commands.send(
      gatewayId,
      {
        type: COMMANDS[kind],
        ...(serials.length > 0 && { serials }),
        ...(start !== null && { from: textOfDay(start) }),
        ...(end !== null && { to: textOfDay(end) }),
        max,
      },
      {
        priority: options.isUrgent ? PRIORITY.order : PRIORITY.catchUp,
        deadlineMs: kind === 'vibration' ? VIBRATION_DEADLINE_MS : SCALAR_DEADLINE_MS,
        answerBytes: ANSWER_BYTES,
        signal: options.signal,
      },
    );
    if (data === undefined) return FAILED; // The reply is larger than those that are kept whole.
    const found = readRecords({ type: REPLIES[kind], data });
    return found === null ? FAILED : this.store(gatewayId, kind, found, options.lostAt);
  }

  private async store(
    gatewayId: string,
    kind: ReadingKind,
    { records, unreadable }: { records: readonly ReceivedRecord[]; unreadable: readonly UnreadableRecord[] },
    lostAt: Date,
  ): Promise<HistoryPage> {
    const receivedAt = new Date();
    // Gateways send the newest first; numberings and eras are followed in the order of time.
    const readings = records
      .map((record): NewReading => ({ ...record, gatewayId, origin: 'history', receivedAt }))
      .reverse();
    const stored: (StoredReading | null)[] = [];
    for (let i = 0; i < readings.length; i += BATCH)
      stored.push(...(await this.storeBatch(gatewayId, kind, readings.slice(i, i + BATCH))));
    if (unreadable.length > 0) {
      await this.kept.store(
        unreadable.map((one) => ({ ...one, gatewayId, receivedAt, problem: 'unreadable' as const })),
      );
    }
    const history = stored.map((one, i) =>
      toHistoryRecord(one, readings[i]?.serial ?? 0, records[records.length - 1 - i], lostAt),
    );
    // A vibration record with an unreadable axis is found among the records, too.
    const lost = unreadable.length + stored.filter((one) => one === null).length;
    return {
      reply: {
        type: 'records',
        records: history.reverse(),
        count: records.length + unreadable.length,
        bytes: records.reduce((sum, record) => sum + sizeOf(record), 0),
      },
      added: stored.filter((one) => one?.outcome === 'new').length,
      gaps: lost === 0 ? [] : unreadableGaps(unreadable, history),
    };
  }

  /** @returns null for a reading that PostgreSQL refuses */
  private async storeBatch(
    gatewayId: string,
    kind: ReadingKind,
    batch: readonly NewReading[],
  ): Promise<(StoredReading | null)[]> {
    try {
      const encoded = await Promise.all(batch.map((reading) => this.encoder.encode(reading)));
      const stored = await this.readings.storeHistory(gatewayId, kind, encoded);
      this.storedReadings.publish(stored);
      return stored;
    } catch (error) {
      if (failureOf(error) === 'outage') throw error;
      const [only] = batch;
      if (batch.length === 1 && only) {
        await this.kept.store([toKeep(only, error)]);
        return [null];
      }
      const each: (StoredReading | null)[] = [];
      for (const reading of batch) each.push(...(await this.storeBatch(gatewayId, kind, [reading])));
      return each;
    }
  }
}

function toHistoryRecord(
  stored: StoredReading | null,
  serial: number,
  record: ReceivedRecord | undefined,
  lostAt: Date,
): HistoryRecord {
  const row = stored?.row ?? null;
  const isDated = row !== null && row.timeQuality !== 'receipt';
  return {
    serial,
    recordId: record?.recordId ?? null,
    day: isDated ? dayOf(row.day) : null,
    standing:
      stored?.outcome === 'conflict' ? 'differs' : stored?.outcome === 'new' || stored === null ? 'new' : 'known',
    wasStored: stored?.outcome !== 'new' && row !== null && row.receivedAt < lostAt,
  };
}

function sizeOf({ axes }: ReceivedRecord): number {
  return AXES.reduce((sum, axis) => sum + SAMPLE_BYTES * (axes[axis]?.length ?? 0), RECORD_BYTES);
}

/** The days around the records that could be read: those of the others are not known. */
function unreadableGaps(unreadable: readonly UnreadableRecord[], records: readonly HistoryRecord[]): Gap[] {
  const days = records.flatMap(({ day }) => day ?? []);
  if (days.length === 0) return [];
  const serials = [...new Set(unreadable.flatMap(({ serial }) => serial ?? []))];
  return [{ serials, days: { from: Math.min(...days), to: Math.max(...days) }, reason: 'unreadable' }];
}
