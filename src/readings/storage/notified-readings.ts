import { Injectable } from '@nestjs/common';
import type { Moment } from '../../common/clock';
import { READING_KINDS } from '../reading';
import type { EncodedReading, ReadingKind } from '../reading';
import { gatewayIdOf } from './record-id';
import { ReadingsRepository } from './readings.repository';
import type { StoredReading } from './stored-reading';
import { CounterpartsRepository } from './counterparts.repository';
import { counterpartsOfHistory, counterpartsOfNotified } from './counterparts';
import type { Numbering } from './counterparts';

/** A notification may wait this long for the database, or in the spool, while its record arrives out of the history. */
const MAY_WAIT_MS = 600_000;

interface Known {
  readonly numbering: Numbering;
  /** When the history last brought records. */
  readonly historyAt: Moment;
}

/**
 * Stores readings once, although the notifications of a gateway may number its records in another way than its history: then a record of the
 * history is recognized by its content. Gateways that are known to use the same numbers, and those whose history has brought nothing, take
 * no part in this.
 */
@Injectable()
export class NotifiedReadings {
  /** By gateway and kind. */
  private readonly known = new Map<string, Known>();
  /** One at a time, so that a record of the history and its notification see each other. */
  private last: Promise<unknown> = Promise.resolve();
  /** The last notifications that were in no doubt: a record of the history waits for them, for it may be one of them. */
  private undoubted: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly readings: ReadingsRepository,
    private readonly counterparts: CounterpartsRepository,
  ) {}

  /** Stores readings that gateways have sent unasked. @returns what became of those that were not stored before */
  store(batch: readonly EncodedReading[]): Promise<StoredReading[]> {
    if (!batch.some((reading) => this.isDoubtful(reading))) {
      const stored = this.readings.store(batch);
      this.undoubted = stored.catch(() => undefined);
      return stored;
    }
    return this.inTurn(async () => {
      const copies = new Set<EncodedReading>();
      for (const kind of READING_KINDS) {
        const doubtful = batch.filter((reading) => reading.kind === kind && this.isDoubtful(reading));
        for (const record of await this.claim(kind, doubtful)) copies.add(record);
      }
      return this.readings.store(batch.filter((reading) => !copies.has(reading)).map((each) => this.unnumbered(each)));
    });
  }

  /** Stores records of one kind out of the history of a gateway. */
  storeHistory(gatewayId: string, kind: ReadingKind, batch: readonly EncodedReading[]): Promise<StoredReading[]> {
    if (this.numberingOf({ gatewayId, kind }) === 'same') return this.readings.store(batch);
    this.note({ gatewayId, kind }, this.numberingOf({ gatewayId, kind }));
    const { undoubted } = this;
    return this.inTurn(async () => {
      await undoubted;
      const known = this.numberingOf({ gatewayId, kind });
      const { numbering, counterparts } = counterpartsOfHistory(
        batch,
        await this.counterparts.find(kind, batch),
        known,
      );
      await this.counterparts.adopt(gatewayId, kind, counterparts);
      await this.learn({ gatewayId, kind }, numbering);
      return this.readings.store(batch);
    });
  }

  /** @returns the records whose reading is stored out of the history */
  private async claim(kind: ReadingKind, records: readonly EncodedReading[]): Promise<Iterable<EncodedReading>> {
    const rows = await this.counterparts.find(kind, records, true);
    const counterparts = counterpartsOfNotified(records, rows, (record) => this.numberingOf(record));
    await this.counterparts.claim(kind, [...counterparts.values()]);
    for (const record of counterparts.keys()) await this.learn(record, 'different');
    return counterparts.keys();
  }

  private async learn(about: Pick<EncodedReading, 'gatewayId' | 'kind'>, numbering: Numbering): Promise<void> {
    const before = this.numberingOf(about);
    if (before === numbering) return;
    if (numbering === 'different') await this.counterparts.separate(about.gatewayId, about.kind);
    this.note(about, numbering);
  }

  private note(about: Pick<EncodedReading, 'gatewayId' | 'kind'>, numbering: Numbering): void {
    this.known.set(keyOf(about), { numbering, historyAt: performance.now() });
  }

  private isDoubtful(reading: EncodedReading): boolean {
    const known = this.known.get(keyOf(reading));
    if (!known || gatewayIdOf(reading) === null || known.numbering === 'same') return false;
    return known.numbering === 'different' || performance.now() < known.historyAt + MAY_WAIT_MS;
  }

  /** A record without the number of its notification if that says nothing. */
  private unnumbered(reading: EncodedReading): EncodedReading {
    const id = gatewayIdOf(reading);
    if (id === null || this.numberingOf(reading) !== 'different') return reading;
    return { ...reading, recordId: null, extra: { ...reading.extra, notified_id: id } };
  }

  private numberingOf(about: Pick<EncodedReading, 'gatewayId' | 'kind'>): Numbering {
    return this.known.get(keyOf(about))?.numbering ?? 'unknown';
  }

  private inTurn<Result>(store: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(store);
    this.last = result.catch(() => undefined);
    return result;
  }
}

function keyOf({ gatewayId, kind }: Pick<EncodedReading, 'gatewayId' | 'kind'>): string {
  return `${gatewayId} ${kind}`;
}
