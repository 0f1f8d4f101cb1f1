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
/** How many refusals of one actor get a record each, in one window. */
const MAX_SINGLE = 60;
/** How many refusals wait for the database at most; more are only in the log of requests. */
const MAX_PENDING = 10_000;
const FINAL_FLUSH_MS = 1000;

/** Refusals of one actor, or of unknown callers from one client. */
interface Refusals {
  readonly status: number;
  readonly count: number;
  /** With the origin of the latest one. */
  readonly actor: Actor;
}

/**
 * Records refused requests. Each refusal of a known actor is recorded, up to a limit, because the log is append-only and a key without
 * rights could fill the disk. Further refusals, and those of unknown callers, are counted: one record a minute for each actor, or for each
 * client and status. Stored after the response, so that a refusal never waits for the database.
 */
@Injectable()
export class RefusedRequests implements BeforeApplicationShutdown {
  private readonly ofActors: WriteBehind<number, Act>;
  private readonly counted: WriteBehind<string, Refusals>;
  private count = 0;
  /** Refusals by actor, in this window. */
  private readonly recent = new Map<string, number>();
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
    this.counted = new WriteBehind({
      batchSize: BATCH_SIZE,
      merge: (earlier, later) => ({ ...later, count: earlier.count + later.count }),
      store: (batch) => this.store([...batch.values()].map(toAct)),
      outage,
    });
  }

  /** A known actor may not do this. @param request method and path, such as `PUT /api/organizations/…` */
  refusedActor(actor: Actor, request: string): void {
    const refusals = (this.recent.get(actor.id) ?? 0) + 1;
    this.recent.set(actor.id, refusals);
    if (refusals > MAX_SINGLE) return this.add(actor.id, { status: 403, count: 1, actor });
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
    this.add(key, { status, count: 1, actor: { ...ANONYMOUS, origin } });
  }

  /** Stores what is pending. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all([this.ofActors.flush(), this.counted.flush()]);
    if (this.ofActors.size + this.counted.size > 0) this.flushLater();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await atMost(FINAL_FLUSH_MS, this.flush());
    if (this.timer) clearTimeout(this.timer);
  }

  private add(key: string, refusals: Refusals): void {
    if (this.counted.size >= MAX_PENDING && !this.counted.has(key)) return;
    this.counted.note(key, refusals);
    this.flushLater();
  }

  private flushLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.recent.clear();
      void this.flush();
    }, WINDOW_MS).unref();
  }

  private async store(acts: readonly Act[]): Promise<[]> {
    await this.records.store(acts);
    return [];
  }
}

function toAct({ actor, status, count }: Refusals): Act {
  return {
    actor,
    organizationId: actor.organizationId,
    action: 'auth.refused',
    changes: { status: [null, status], count: [null, count] },
    outcome: 'refused',
  };
}
