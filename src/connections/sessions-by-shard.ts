import type { PinoLogger } from 'nestjs-pino';
import { gatewaysIn } from '../status/assignment';
import type { WhileHolding } from '../status/while-holding';
import type { ConnectionSupervisor } from './connection.supervisor';

/** Between two attempts to load the gateways of shards. */
const LOAD_AGAIN_MS = 1000;

/** One call of `gain`. Another one for the same shard takes its place. */
type Gain = Record<string, never>;

/** Starts and ends the sessions of single shards, while those of others go on. For a process that shares the gateways with others. */
export class SessionsByShard {
  /** The call that has gained each shard. */
  private readonly gains = new Map<number, Gain>();
  /** When all calls of `gain` until now are done. */
  private turn: Promise<void> = Promise.resolve();
  private isStarted = false;
  private repeats = false;

  constructor(
    private readonly supervisor: ConnectionSupervisor,
    private readonly holding: WhileHolding,
    private readonly logger: PinoLogger,
  ) {}

  /** Starts the sessions of these shards, and tries again until the tables can be read. Never rejects. */
  gain(shards: readonly number[]): Promise<void> {
    const gain: Gain = {};
    for (const shard of shards) this.gains.set(shard, gain);
    // One after the other: modules load what they need once at a time.
    this.turn = this.turn.then(() => this.start(gain));
    return this.turn;
  }

  /** Ends the sessions of these shards. Resolves when no socket is left, and what belongs to them is stored. */
  async give(shards: readonly number[]): Promise<void> {
    this.leave(shards);
    await this.supervisor.give(shards);
    await this.holding.flush();
  }

  /** Ends the sessions of these shards at once, and writes nothing. Resolves when no socket is left. */
  async lose(shards: readonly number[]): Promise<void> {
    this.leave(shards);
    await this.supervisor.lose(shards);
  }

  private async start(gain: Gain): Promise<void> {
    for (let isFirst = true; this.gainedBy(gain).length > 0; isFirst = false) {
      try {
        await this.load(gain);
        return;
      } catch (error) {
        if (isFirst) this.logger.warn({ err: error }, 'the gateways of shards cannot be loaded, trying again');
        await new Promise((resolve) => setTimeout(resolve, LOAD_AGAIN_MS));
      }
    }
  }

  private async load(gain: Gain): Promise<void> {
    await this.holding.load(gatewaysIn(this.gainedBy(gain)));
    const shards = this.gainedBy(gain); // Some may have gone meanwhile.
    if (shards.length === 0) return;
    if (!this.isStarted) this.holding.start();
    this.isStarted = true;
    await this.supervisor.assign(shards);
    if (!this.repeats) this.holding.repeat();
    else if (shards.includes(0)) this.holding.runForAll();
    this.repeats = true;
  }

  private gainedBy(gain: Gain): number[] {
    return [...this.gains].filter(([, latest]) => latest === gain).map(([shard]) => shard);
  }

  private leave(shards: readonly number[]): void {
    for (const shard of shards) this.gains.delete(shard);
    this.holding.leave(gatewaysIn(shards));
  }
}
