import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { join, resolve } from 'node:path';
import { instanceId } from '../../common/instance';
import { Config } from '../../config/config';
import { GatewayInbox } from '../../connections/session/gateway-inbox';
import type { NewReading } from '../reading';
import { KeptRecordsRepository } from '../storage/kept-records.repository';
import { NotifiedReadings } from '../storage/notified-readings';
import { Ingest } from './ingest';
import type { IngestStats } from './ingest-stats';
import { OrderedReadings } from './ordered-readings';
import { ReadingEncoder } from './reading-encoder';
import { SpoolIdentityRepository } from './spool-identity.repository';
import { StoredReadings } from './stored-readings';

/** Stores the readings that gateways send while this process runs the sessions. */
@Injectable()
export class IngestService {
  private ingest: Ingest | null = null;
  private stopHearing: (() => void) | null = null;

  constructor(
    private readonly inbox: GatewayInbox,
    private readonly readings: NotifiedReadings,
    private readonly keptRecords: KeptRecordsRepository,
    private readonly identity: SpoolIdentityRepository,
    private readonly storedReadings: StoredReadings,
    private readonly ordered: OrderedReadings,
    private readonly encoder: ReadingEncoder,
    private readonly config: Config,
    @InjectPinoLogger(IngestService.name) private readonly logger: PinoLogger,
  ) {}

  /** Null while another process runs the sessions, or none. */
  get stats(): IngestStats | null {
    return this.ingest?.stats ?? null;
  }

  /** Begins to store what an earlier process left in the spool. Rejects when the database or the folder cannot be read. */
  async load(): Promise<void> {
    if (this.ingest) return; // An earlier start went no further.
    const { DATA_DIR, INGEST_BUFFER_BYTES, SPOOL_MAX_BYTES } = this.config.env;
    const ingest = new Ingest({
      bufferBytes: INGEST_BUFFER_BYTES,
      spool: {
        directory: join(resolve(DATA_DIR), 'spool', await this.identity.find()),
        owner: instanceId,
        maxBytes: SPOOL_MAX_BYTES,
      },
      encoder: this.encoder,
      store: (batch) => this.readings.store(batch),
      keep: (records) => this.keptRecords.store(records),
      onStored: (stored) => this.storedReadings.publish(stored),
      ordered: this.ordered,
      logger: this.logger,
    });
    await ingest.start();
    this.ingest = ingest;
  }

  /** Takes the frames of all gateways from now on. */
  start(): void {
    this.stopHearing ??= this.inbox.onFrame((gatewayId, frame, receivedAt) => {
      this.ingest?.receive(gatewayId, frame, receivedAt);
    });
  }

  /** Takes one reading that did not come through the inbox. Ignored while this process does not run the sessions. */
  add(reading: NewReading): void {
    this.ingest?.add(reading);
  }

  upkeep(): void {
    this.ingest?.upkeep();
  }

  /** Stores what it has, for two seconds at most; what is not stored by then waits. Never rejects. */
  async flush(): Promise<void> {
    await this.ingest?.flush();
  }

  /** Takes no more frames; stores what it has, or writes it to the spool. */
  async stop(): Promise<void> {
    this.stopHearing?.();
    this.stopHearing = null;
    const { ingest } = this;
    this.ingest = null;
    await ingest?.stop();
  }
}
