/** Into how many shards all gateways are divided. Part of the schema: `gateways.shard` is computed from it. */
export const SHARD_COUNT = 1024;

/** The shard of a gateway: the last ten bits of its id, as in `gateways.shard`. @param gatewayId a UUID */
export function shardOf(gatewayId: string): number {
  return Number.parseInt(gatewayId.slice(-3), 16) & (SHARD_COUNT - 1);
}
