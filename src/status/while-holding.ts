import { Injectable, Optional } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Assignment } from './assignment';

/** How often modules write what they have collected, in milliseconds. */
export const FLUSH_MS = 1000;

/** Tells of a gateway whether it is among some. */
export type AmongGateways = (gatewayId: string) => boolean;

/** Work that a module does only while this process holds the sessions. */
export interface HeldWork {
  /**
   * Reads what the module needs, before the sessions of these gateways start: first before `start`, and again whenever more gateways are
   * gained. If it rejects, their sessions are not started.
   */
  load?(isGained: AmongGateways): Promise<void>;
  /** Called before the first session starts, each time this process obtains the sessions. */
  start?(): void;
  /** Called before the sessions end, at a shutdown and when the lock is lost; also if nothing was started. The sessions end once this
   * has returned, even if its promise is still pending. */
  stop?(): Promise<void> | void;
  /** Called before the sessions of these gateways end because another process goes on with them: forgets what belongs to them. */
  leave?(isLeft: AmongGateways): void;
  /** Called when the sessions of gateways that are given back have ended: stores what is pending. Must not reject. */
  flush?(): Promise<void>;
  readonly repeated?: readonly RepeatedWork[];
}

export interface RepeatedWork {
  readonly everyMs: number;
  readonly run: () => void;
  /** Also run once when the sessions have started. */
  readonly isRunAtStart?: boolean;
  /** Of several processes that share the gateways, only one runs it: the owner of the first shard. */
  readonly isForAll?: boolean;
}

/** Runs the work of every module while this process holds the sessions. Modules register it in their constructors. */
@Injectable()
export class WhileHolding {
  private readonly work: HeldWork[] = [];
  private readonly timers: string[] = [];

  constructor(
    private readonly scheduler: SchedulerRegistry,
    /** Without it, this process has all gateways. */
    @Optional() private readonly assignment?: Assignment,
  ) {}

  /** Whether this process is the one that does what is done once for all gateways. */
  get isForAll(): boolean {
    return this.assignment?.hasFirstShard ?? true;
  }

  add(work: HeldWork): void {
    this.work.push(work);
  }

  /** Rejects when a module cannot read what it needs. */
  async load(isGained: AmongGateways): Promise<void> {
    for (const work of this.work) await work.load?.(isGained);
  }

  start(): void {
    for (const work of this.work) work.start?.();
  }

  leave(isLeft: AmongGateways): void {
    for (const work of this.work) work.leave?.(isLeft);
  }

  async flush(): Promise<void> {
    await Promise.all(
      this.work.map(async (work) => {
        await work.flush?.();
      }),
    );
  }

  /** Starts one timer for each period, whatever the number of modules. */
  repeat(): void {
    const byPeriod = new Map<number, RepeatedWork[]>();
    for (const each of this.work.flatMap(({ repeated = [] }) => repeated)) {
      byPeriod.set(each.everyMs, [...(byPeriod.get(each.everyMs) ?? []), each]);
    }
    this.runAtStart(() => true);
    for (const [everyMs, works] of byPeriod) {
      const name = `while holding, every ${everyMs} ms`;
      this.scheduler.addInterval(
        name,
        setInterval(() => works.forEach((each) => this.run(each)), everyMs),
      );
      this.timers.push(name);
    }
  }

  /** This process has gained the first shard after its timers were started. */
  runForAll(): void {
    this.runAtStart(({ isForAll = false }) => isForAll);
  }

  private runAtStart(isMeant: (work: RepeatedWork) => boolean): void {
    for (const each of this.work.flatMap(({ repeated = [] }) => repeated)) {
      if (each.isRunAtStart && isMeant(each)) this.run(each);
    }
  }

  private run({ run, isForAll = false }: RepeatedWork): void {
    if (!isForAll || this.isForAll) run();
  }

  /** Stops the timers, then the work of every module. */
  async stop(): Promise<void> {
    for (const name of this.timers.splice(0)) this.scheduler.deleteInterval(name);
    await Promise.all(
      this.work.map(async (work) => {
        await work.stop?.();
      }),
    );
  }
}
