/**
 * SQL: joins rows to the shards that a replica owns with the epochs that the rows name. Rows of a gateway that it does not own, or owned with
 * another epoch, drop out. The snapshot of the statement is enough: what a row says was seen while the epoch was valid.
 *
 * @param gateway an expression: the id of the gateway
 * @param epoch an expression: the epoch with which the replica owned it when it saw what the row says
 * @param replica a parameter
 */
export function joinOwned({ gateway, epoch, replica }: Record<'gateway' | 'epoch' | 'replica', string>): string {
  return `JOIN shards ON shards.shard = shard_of(${gateway}) AND shards.owner = ${replica} AND shards.epoch = ${epoch}
    JOIN replicas ON replicas.id = ${replica} AND replicas.state <> 'gone'`;
}

/** SQL: those of the gateways $2 that replica $1 owns with the epochs $3. */
export const FIND_OWNED_SQL = `
  SELECT given.gateway_id AS id FROM unnest($2::uuid[], $3::bigint[]) AS given (gateway_id, epoch)
  ${joinOwned({ gateway: 'given.gateway_id', epoch: 'given.epoch', replica: '$1::uuid' })}`;
