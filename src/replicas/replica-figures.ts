import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { ReplicaBus } from '../bus/replica-bus';
import { instanceId } from '../common/instance';
import { version } from '../common/version';
import { ConnectionRegistry } from '../status/connection.registry';

const TELL_EVERY_MS = 2000;
/** A replica that ended a while ago is forgotten. */
const FORGET_AFTER_MS = 60_000;

const figures = z.object({
  version: z.string(),
  /** In milliseconds since 1970. */
  startedAt: z.number(),
  /** Gateways whose connection it observes. */
  gateways: z.int(),
  /** Of them, those that are connected. */
  connected: z.int(),
  memoryBytes: z.int(),
  /** How late its latest timer was. */
  lagMs: z.number(),
});

const told = z.object({ kind: z.literal('figures'), from: z.string(), figures });

/** What a replica says of itself. */
export type Figures = z.output<typeof figures>;

/** What every replica says of itself. Tells others of this one. */
@Injectable()
export class ReplicaFigures implements OnModuleInit, OnModuleDestroy {
  private readonly startedAt = Date.now() - process.uptime() * 1000;
  private readonly byReplica = new Map<string, { readonly figures: Figures; readonly heardAt: Date }>();
  private telling: NodeJS.Timeout | undefined;
  private dueAt = 0;
  private lagMs = 0;

  constructor(
    private readonly bus: ReplicaBus,
    private readonly registry: ConnectionRegistry,
  ) {}

  onModuleInit(): void {
    this.dueAt = performance.now() + TELL_EVERY_MS;
    this.telling = setInterval(() => this.tick(), TELL_EVERY_MS).unref();
    if (this.bus.isShared) this.bus.answer('everyone', (message) => this.hear(message));
  }

  onModuleDestroy(): void {
    clearInterval(this.telling);
  }

  /** @returns null of a replica that has not been heard */
  of(replicaId: string): { readonly figures: Figures; readonly heardAt: Date } | null {
    if (replicaId === instanceId) return { figures: this.own(), heardAt: new Date() };
    return this.byReplica.get(replicaId) ?? null;
  }

  private tick(): void {
    const now = performance.now();
    this.lagMs = Math.max(0, now - this.dueAt);
    this.dueAt = now + TELL_EVERY_MS;
    if (!this.bus.isShared) return;
    const limit = Date.now() - FORGET_AFTER_MS;
    for (const [id, { heardAt }] of this.byReplica) if (heardAt.getTime() < limit) this.byReplica.delete(id);
    const message: z.output<typeof told> = { kind: 'figures', from: instanceId, figures: this.own() };
    this.bus.tell('everyone', message);
  }

  private hear(message: unknown): null {
    const { data } = told.safeParse(message);
    if (data && data.from !== instanceId) {
      this.byReplica.set(data.from, { figures: data.figures, heardAt: new Date() });
    }
    return null;
  }

  private own(): Figures {
    const own = this.registry.findOwn();
    return {
      version,
      startedAt: this.startedAt,
      gateways: own.length,
      connected: own.filter(({ state }) => state === 'connected').length,
      memoryBytes: process.memoryUsage.rss(),
      lagMs: Math.round(this.lagMs * 10) / 10,
    };
  }
}
