import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { by } from '../common/actor';
import type { Actor, Reach } from '../common/actor';
import { SensorNotFoundError } from '../sensors/sensor.errors';
import { idOf } from './reading.dto';
import { ReadingNotFoundError, WaveformNotFoundError, WaveformThinnedError } from './reading.errors';
import { READINGS_CSV_HEADER, toCsvLines } from './readings-csv';
import type { ReadingView } from './storage/reading-view';
import { PinsRepository } from './storage/pins.repository';
import { ReadingsQueryRepository } from './storage/readings-query.repository';
import type {
  FeedPage,
  FeedQuery,
  ReadingKey,
  ReadingsPage,
  ReadingsQuery,
  Trend,
  TrendQuery,
} from './storage/readings-query.repository';

/** Readings that an export reads at once. */
const EXPORT_PAGE = 1000;

/** Reads what sensors measured. */
@Injectable()
export class ReadingsService {
  constructor(
    private readonly readings: ReadingsQueryRepository,
    private readonly pins: PinsRepository,
    @InjectPinoLogger(ReadingsService.name) private readonly logger: PinoLogger,
  ) {}

  /** @throws SensorNotFoundError */
  async findPage(reach: Reach, sensorId: string, query: ReadingsQuery): Promise<ReadingsPage> {
    const page = await this.readings.findPage(reach, sensorId, query);
    if (!page) throw new SensorNotFoundError(sensorId);
    return page;
  }

  /**
   * All readings of a sensor as CSV, newest first, in pieces. Each piece is read when the one before it was taken, so an export of any
   * length needs the memory of one piece, and no transaction stays open.
   * @throws SensorNotFoundError, before the first piece
   */
  async exportCsv(reach: Reach, sensorId: string, query: Omit<ReadingsQuery, 'limit'>): Promise<AsyncIterable<string>> {
    const first = await this.findPage(reach, sensorId, { ...query, limit: EXPORT_PAGE });
    return this.csvFrom(reach, sensorId, query, first);
  }

  findFeed(reach: Reach, query: FeedQuery): Promise<FeedPage> {
    return this.readings.findFeed(reach, query);
  }

  /** @throws ReadingNotFoundError */
  async get(reach: Reach, key: ReadingKey): Promise<ReadingView> {
    const row = await this.readings.find(reach, key);
    if (!row) throw new ReadingNotFoundError(idOf(key));
    return row;
  }

  /**
   * Has the waveform of a reading kept for ever, or no longer than others.
   * @throws ReadingNotFoundError, WaveformNotFoundError, WaveformThinnedError
   */
  async pin(actor: Actor, key: ReadingKey, pinned: boolean): Promise<ReadingView> {
    const { vibration } = await this.get(actor, key);
    if (!vibration || vibration.waveformState === 'none' || vibration.waveformState === 'pending')
      throw new WaveformNotFoundError(idOf(key));
    const isDone = await this.pins.pin(actor, key, pinned);
    const reading = await this.get(actor, key); // Throws if that was the reason.
    if (!isDone) throw new WaveformThinnedError(idOf(key));
    this.logger.info({ readingId: idOf(key), pinned, ...by(actor) }, 'pin of a waveform set');
    return reading;
  }

  /** @throws SensorNotFoundError */
  async getTrend(reach: Reach, sensorId: string, query: TrendQuery): Promise<Trend> {
    const trend = await this.readings.findTrend(reach, sensorId, query);
    if (!trend) throw new SensorNotFoundError(sensorId);
    return trend;
  }

  private async *csvFrom(
    reach: Reach,
    sensorId: string,
    query: Omit<ReadingsQuery, 'limit'>,
    first: ReadingsPage,
  ): AsyncGenerator<string> {
    yield READINGS_CSV_HEADER + toCsvLines(first.items);
    for (let { next } = first; next;) {
      const page = await this.findPage(reach, sensorId, { ...query, before: next, limit: EXPORT_PAGE });
      yield toCsvLines(page.items);
      next = page.next;
    }
  }
}
