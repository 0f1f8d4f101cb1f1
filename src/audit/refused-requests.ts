import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ANONYMOUS } from '../common/actor';
import type { Actor, RequestOrigin } from '../common/actor';
import { atMost } from '../common/at-most';
import { clientOf } from '../common/client-address';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { AuditRepository } from './audit.repository';
import type { Act } from './audit.repository';

const WINDOW_MS = 60_000;
const BATCH_SIZE = 500;
/** How many refusals wait for the database at most; more are only in the log of requests. */
const MAX_PENDING = 10_000;
const FINAL_FLUSH_MS = 1000;

/** Refusals of callers that are not known, from one client. */
interface Refusals {
  readonly status: number;
  readonly count: number;
  /** Of the latest one. */
  readonly origin: RequestOrigin;
}

/**
 * Records refused requests. Those of a known actor get a record each. Those of unknown callers, which anybody can send, get one a minute
 * for each client and status, with their number. Stored after the response, so that a refusal never waits for the database.
 */
@Injectable()
export class RefusedRequests implements BeforeApplicationShutdown {
  private readonly ofActors: WriteBehind<number, Act>;
  private readonly ofStrangers: WriteBehind<string, Refusals>;
  private count = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly records: AuditRepository,
    @InjectPinoLogger(RefusedRequests.name) logger: PinoLogger,
  ) {
    const outage = new Outage((error) =>
      logger.warn({ err: error }, 'refused requests cannot be recorded, trying again later'),
    );
    this.ofActors = new WriteBehind({
      batchSize: BATCH_SIZE,
      merge: (_earlier, later) => later,
      store: (batch) => this.store([...batch.values()]),
      outage,
    });
    this.ofStrangers = new WriteBehind({
      batchSize: BATCH_SIZE,
      merge: (earlier, later) => ({ ...later, count: earlier.count + later.count }),
      store: (batch) => this.store([...batch.values()].map(toAct)),
      outage,
    });
  }

  /** A known actor may not do this. @param request method and path, such as `PUT /api/organizations/…` */
  refusedActor(actor: Actor, request: string): void {
    if (this.ofActors.size >= MAX_PENDING) return;
    const { organizationId } = actor;
    const changes = { request: [null, request] } as const;
    this.ofActors.note(this.count++, { actor, organizationId, action: 'auth.refused', changes, outcome: 'refused' });
    this.flushLater(); // If it fails.
    void this.ofActors.flush();
  }

  /** A caller that is not known was refused. */
  refusedStranger(origin: RequestOrigin, status: number): void {
    const key = `${status} ${clientOf(origin.address ?? undefined)}`;
    if (this.ofStrangers.size >= MAX_PENDING && !this.ofStrangers.has(key)) return;
    this.ofStrangers.note(key, { status, count: 1, origin });
    this.flushLater();
  }

  /** Stores what is pending. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all([this.ofActors.flush(), this.ofStrangers.flush()]);
    if (this.ofActors.size + this.ofStrangers.size > 0) this.flushLater();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await atMost(FINAL_FLUSH_MS, this.flush());
    if (this.timer) clearTimeout(this.timer);
  }

  private flushLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush();
    }, WINDOW_MS).unref();
  }

  private async store(acts: readonly Act[]): Promise<[]> {
    await this.records.store(acts);
    return [];
  }
}

function toAct({ origin, status, count }: Refusals): Act {
  return {
    actor: { ...ANONYMOUS, origin },
    organizationId: null,
    action: 'auth.refused',
    changes: { status: [null, status], count: [null, count] },
    outcome: 'refused',
  };
}
