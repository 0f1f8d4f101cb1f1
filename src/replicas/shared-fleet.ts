import { z } from 'zod';
import type { ReplicaBus } from '../bus/replica-bus';
import type { ConnectionRegistry } from '../status/connection.registry';
import type { StateChanges } from '../status/state-changes';
import { FollowedFleet } from './followed-fleet';
import type { FleetListener } from './followed-fleet';
import { OwnStatuses } from './own-statuses';
import type { Owned } from './own-statuses';

/** How often this replica says that it is there, and looks who else is. */
const BEAT_MS = 1000;
const FIGURES_MS = 5000;
/** A replica that was not heard for so long cannot be asked about its connections. */
export const SILENT_MS = 3000;

const beat = z.object({ kind: z.literal('beat'), from: z.string() });

/** The times of a fleet, which tests shorten. */
export interface FleetTimes {
  readonly beatMs: number;
  readonly figuresMs: number;
  readonly silentMs: number;
}

/** The connections of all replicas in the registry of each: tells others of its own, and follows theirs. */
export class SharedFleet {
  readonly followed: FollowedFleet;
  private readonly own: OwnStatuses;
  private readonly ending: (() => void)[] = [];

  constructor(
    private readonly bus: ReplicaBus,
    registry: ConnectionRegistry,
    private readonly changes: StateChanges,
    private readonly owned: Owned,
    listener: Pick<FleetListener, 'onUnannounced' | 'onDeleted'>,
    private readonly times: FleetTimes = { beatMs: BEAT_MS, figuresMs: FIGURES_MS, silentMs: SILENT_MS },
  ) {
    this.own = new OwnStatuses(registry, bus.values, owned);
    this.followed = new FollowedFleet(registry, owned, times.silentMs, {
      onEmptied: () => this.own.postAll(),
      onOverwritten: (gatewayId) => this.own.note(gatewayId),
      ...listener,
    });
  }

  /** Call it before the bus starts. */
  start(): void {
    const { beatMs, figuresMs } = this.times;
    this.followed.follow(this.bus.values);
    const timers = [setInterval(() => this.beat(), beatMs), setInterval(() => this.own.postFigures(), figuresMs)];
    this.ending.push(
      this.own.start(this.changes),
      this.bus.answer('everyone', (message) => {
        const { success, data } = beat.safeParse(message);
        if (success) this.followed.hear(data.from);
      }),
      () => timers.forEach((timer) => clearInterval(timer)),
    );
  }

  stop(): void {
    for (const end of this.ending.splice(0)) end();
  }

  /** The row of a gateway of this replica has changed. */
  note(gatewayId: string): void {
    this.own.note(gatewayId);
  }

  /** A gateway of this replica is deleted. */
  end(gatewayId: string): void {
    this.own.end(gatewayId);
  }

  private beat(): void {
    this.bus.tell('everyone', { kind: 'beat', from: this.owned.id } satisfies z.output<typeof beat>);
    this.followed.look();
  }
}
