/** Into how many shards all gateways are divided. Part of the schema: there is a row of `shards` for each. */
export const SHARD_COUNT = 1024;

/** The shard of a gateway: the last ten bits of its id, as `shard_of` in the database. @param gatewayId a UUID */
export function shardOf(gatewayId: string): number {
  return Number.parseInt(gatewayId.slice(-3), 16) & (SHARD_COUNT - 1);
}
