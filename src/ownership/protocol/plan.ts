/** Who should own a shard; null: nobody yet. */
export interface Wanted {
  readonly wanted: string | null;
}

/** A shard and the member that should own it from now on. */
export type PlanChange = readonly [shard: number, member: string];

/**
 * Plans who should own which shard: every member gets the same number, give or take one, and only what must move moves. Members
 * that plan from the same table get the same plan.
 * @param members ids, sorted
 * @param shards by number
 * @param weight how well a shard suits a member; the same everywhere
 */
export function planShards(
  members: readonly string[],
  shards: readonly Wanted[],
  weight: (member: string, shard: number) => number = weightOf,
): PlanChange[] {
  if (members.length === 0) return [];
  const { having, free } = currentPlan(members, shards);
  const quotas = quotasOf(members, shards.length, having);
  for (const [member, quota] of quotas) {
    const own = having.get(member) ?? [];
    if (own.length <= quota) continue;
    own.sort((a, b) => weight(member, a) - weight(member, b));
    free.push(...own.splice(0, own.length - quota));
  }
  return free.map((shard) => {
    const taker = heaviest(shard, quotas, having, weight);
    having.get(taker)?.push(shard);
    return [shard, taker];
  });
}

/** A number that spreads evenly: FNV-1a of the name, then the mixing of MurmurHash3. */
export function weightOf(member: string, shard: number): number {
  let hash = 0x811c9dc5 ^ shard;
  for (let i = 0; i < member.length; i += 1) hash = Math.imul(hash ^ member.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function currentPlan(members: readonly string[], shards: readonly Wanted[]) {
  const having = new Map<string, number[]>(members.map((member) => [member, []]));
  const free: number[] = [];
  shards.forEach(({ wanted }, shard) => (having.get(wanted ?? '') ?? free).push(shard));
  return { having, free };
}

/** In the order in which the places that are left over are given: to those who have most, so that fewest move. */
function quotasOf(members: readonly string[], shards: number, having: ReadonlyMap<string, readonly number[]>) {
  const count = (member: string) => having.get(member)?.length ?? 0;
  const order = [...members].sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
  const each = Math.floor(shards / members.length);
  const leftOver = shards % members.length;
  return new Map(order.map((member, index) => [member, each + (index < leftOver ? 1 : 0)]));
}

/** Among those with room for one more. There always is one: the quotas add up to the number of shards. */
function heaviest(
  shard: number,
  quotas: ReadonlyMap<string, number>,
  having: ReadonlyMap<string, readonly number[]>,
  weight: (member: string, shard: number) => number,
): string {
  let best = '';
  let bestWeight = -1;
  for (const [member, quota] of quotas) {
    if ((having.get(member)?.length ?? 0) >= quota) continue;
    const its = weight(member, shard);
    if (its > bestWeight) [best, bestWeight] = [member, its];
  }
  return best;
}
