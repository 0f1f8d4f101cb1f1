import type { MemberLoss } from './protocol/surroundings';
import { RefusedWrites } from './refused-writes';

/** Shards by number; `all` in a sole service, which has every gateway and needs no shards. */
export type Shards = 'all' | readonly number[];

/** A running process of the service. */
export interface Replica {
  /** New at each start. */
  readonly id: string;
  /** What operators call it. Stays the same when it is restarted. */
  readonly name: string;
}

/** The replica that owns a gateway. */
export interface Owner extends Replica {
  /** Whether it was recently seen to run. */
  readonly isLive: boolean;
}

/** A replica, as this process has read of it in the tables. */
export interface KnownReplica extends Owner {
  /** `draining`: gives its gateways to the others, and ends. */
  readonly state: 'active' | 'draining';
  /** How many shards it owns; null in a sole service. */
  readonly shards: number | null;
}

/** What the metrics show of a process that shares the gateways. */
export interface OwnershipFigures {
  readonly shards: number;
  /** How long orders may still be sent without another look at the tables, in milliseconds; negative if they may not. */
  readonly leaseLeftMs: number;
  /** How long the latest look took that was answered, in milliseconds; null before the first. */
  readonly lookMs: number | null;
  /** Replicas that this process has ended since its start, because they were silent. */
  readonly ended: number;
}

/**
 * Why shards were lost:
 * - `taken`: another service has the session lock;
 * - `frozen`: this process stood still for so long that another may have taken them.
 */
export type LossReason = MemberLoss | 'taken' | 'frozen';

/** @param shards all of them at once that were gained, or are to be given back */
export type ShardsListener = (shards: Shards) => Promise<void>;

export type LossListener = (shards: Shards, why: LossReason) => Promise<void>;

/**
 * Which gateways this process owns: it alone holds their sessions, sends them logins and orders, and writes what they say. Two
 * permissions follow from it. Both end by themselves when the process cannot know any longer that it is the owner, so ask immediately
 * before acting.
 */
export abstract class Ownership {
  /** This process. */
  abstract readonly self: Replica;

  /** Whether other replicas may own gateways of this database at the same time. */
  abstract readonly isShared: boolean;

  /** Resolves with the reason when this process cannot do its work and must end. */
  abstract readonly failed: Promise<string>;

  /** Starts to compete for ownership. Resolves when what can be owned now is owned. Rejects when a listener of `onGained` does. */
  abstract start(): Promise<void>;

  /** Gives everything back, and owns nothing from then on. */
  abstract drain(): Promise<void>;

  /** Forgets replicas that ended long ago. Call it now and then, in one process. Never rejects. */
  abstract cleanUp(): Promise<void>;

  /** Those that take part, this process included, as of its latest look at the tables. */
  abstract replicas(): readonly KnownReplica[];

  /** Null in a sole service. */
  abstract readonly figures: OwnershipFigures | null;

  /** Whoever is refused something for want of ownership counts it here. */
  readonly refused = new RefusedWrites();

  abstract owns(gatewayId: string): boolean;

  /** Increases with each change of the owner; null if this process is not the owner. */
  abstract epochOf(gatewayId: string): number | null;

  /**
   * The epoch with which this process owns the gateway or owned it last; null if it never did. What it writes about the gateway names
   * this epoch, and the database refuses a row whose epoch is over.
   */
  abstract latestEpochOf(gatewayId: string): number | null;

  /**
   * Whether a login, an order or the first dial may be sent to the gateway.
   * @param gatewayId null for a gateway that is not stored, whose login is only tested
   */
  abstract mayOrder(gatewayId: string | null): boolean;

  /** Whether the socket to the gateway may be kept, and dialled again when it is lost. @param gatewayId see `mayOrder` */
  abstract mayConnect(gatewayId: string | null): boolean;

  /** Null if nobody owns the gateway, as far as this process knows. */
  abstract ownerOf(gatewayId: string): Owner | null;

  /** @param listener called once shards are owned; it starts their sessions */
  abstract onGained(listener: ShardsListener): void;

  /** @param listener called before shards are given back; resolves when no socket is left and what belongs to them is stored */
  abstract onGiven(listener: ShardsListener): void;

  /** @param listener called when shards are no longer owned; closes their sockets at once. Resolves when none is left */
  abstract onLost(listener: LossListener): void;
}
