import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { EVERYWHERE } from '../common/actor';
import { Outage } from '../database/outage';
import { FactoriesService } from '../factories/factories.service';
import { labelText } from './metric-text';
import type { LabelText } from './metric-text';

const FRESH_MS = 60_000;
/** How long the first scrape waits for the names. */
const FIRST_MS = 1000;

/** The names of all factories, as labels. Read again when they are older than a minute; while the database is away, they stay as they are. */
@Injectable()
export class FactoryLabels {
  private labels: readonly LabelText[] = [];
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;
  private readonly outage = new Outage((error) =>
    this.logger.warn({ err: error }, 'the names of factories cannot be read for the metrics'),
  );

  constructor(
    private readonly factories: FactoriesService,
    @InjectPinoLogger(FactoryLabels.name) private readonly logger: PinoLogger,
  ) {}

  /** What is known now; the names that are read meanwhile are there the next time. Only the first call waits. Never rejects. */
  async current(): Promise<readonly LabelText[]> {
    const isFirst = this.readAt === -Infinity;
    if (performance.now() - this.readAt > FRESH_MS) this.reading ??= this.read();
    if (isFirst && this.reading) await atMost(FIRST_MS, this.reading);
    return this.labels;
  }

  private async read(): Promise<void> {
    this.readAt = performance.now();
    try {
      const found = await this.outage.watch(() => this.factories.findNames(EVERYWHERE));
      this.labels = found.map(({ id, name, organization, timezone }) =>
        labelText({ factory_id: id, factory: name, organization, timezone }),
      );
    } catch {
      // The outage has been logged.
    } finally {
      this.reading = null;
    }
  }
}
