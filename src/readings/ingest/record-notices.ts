import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { StoredReading } from '../storage/stored-reading';
import { LimitedLine } from './limited-line';

/** Logs what stored records say about their gateways: records that contradict a reading, and numbering that begins anew. */
@Injectable()
export class RecordNotices {
  private readonly conflicts: LimitedLine<StoredReading>;
  private readonly eras: LimitedLine<StoredReading>;

  constructor(@InjectPinoLogger(RecordNotices.name) logger: PinoLogger) {
    this.conflicts = new LimitedLine((stored, records) =>
      logger.warn({ ...fieldsOf(stored), records }, 'a record contradicts its reading, keeping both'),
    );
    this.eras = new LimitedLine((stored, eras) =>
      logger.info({ ...fieldsOf(stored), era: stored.row?.era, eras }, 'a gateway numbers its records anew'),
    );
  }

  /** Call after the commit, for each record. */
  onStored(stored: StoredReading): void {
    if (stored.outcome === 'conflict') this.conflicts.note(stored);
    if (stored.opensEra) this.eras.note(stored);
  }

  /** Writes the lines that are due. Call every second. @param isLast whether to write them even within the minute */
  report(isLast = false): void {
    this.conflicts.report(isLast);
    this.eras.report(isLast);
  }
}

function fieldsOf({ gatewayId, kind, serial, row }: StoredReading): object {
  return { gatewayId, kind, serial, recordId: row?.recordId };
}
