/** A process that has sockets. */
export interface SocketHolder {
  readonly isPaused: boolean;
}

interface ShardSockets {
  readonly hosts: Set<SocketHolder>;
  countedAt: number;
  overlapMs: number;
}

/** The sockets to the gateways of each shard, and how long more than one running process had one. */
export class Sockets {
  /** The longest time that two running processes both had sockets to one shard, in milliseconds. */
  longestOverlapMs = 0;
  private readonly shards: ShardSockets[];

  constructor(
    shards: number,
    private readonly now: () => number,
  ) {
    this.shards = Array.from({ length: shards }, () => ({
      hosts: new Set<SocketHolder>(),
      countedAt: 0,
      overlapMs: 0,
    }));
  }

  /** Shards with a socket. */
  get open(): number {
    return this.shards.filter(({ hosts }) => hosts.size > 0).length;
  }

  get hasOneEach(): boolean {
    return this.shards.every(({ hosts }) => hosts.size === 1);
  }

  countOf(shard: number): number {
    return this.shards[shard]?.hosts.size ?? 0;
  }

  has(host: SocketHolder, shard: number): boolean {
    return this.shards[shard]?.hosts.has(host) ?? false;
  }

  set(host: SocketHolder, shard: number, isOpen: boolean): void {
    const sockets = this.shards[shard];
    if (!sockets) return;
    this.count(sockets);
    if (isOpen) sockets.hosts.add(host);
    else sockets.hosts.delete(host);
    if (sockets.hosts.size < 2) sockets.overlapMs = 0;
  }

  closeAll(host: SocketHolder): void {
    this.shards.forEach((_sockets, shard) => {
      if (this.has(host, shard)) this.set(host, shard, false);
    });
  }

  /** Call before a process is frozen or resumes: a frozen one does not count. */
  countAll(): void {
    for (const sockets of this.shards) this.count(sockets);
  }

  private count(sockets: ShardSockets): void {
    const { hosts } = sockets;
    const running = hosts.size < 2 ? 0 : [...hosts].filter(({ isPaused }) => !isPaused).length;
    if (running > 1) sockets.overlapMs += this.now() - sockets.countedAt;
    else if (hosts.size < 2) sockets.overlapMs = 0;
    this.longestOverlapMs = Math.max(this.longestOverlapMs, sockets.overlapMs);
    sockets.countedAt = this.now();
  }
}
