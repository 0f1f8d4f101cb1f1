// Each is one statement and a transaction of its own: a client that is frozen holds no lock. Each that changes something locks the row of
// `cluster` first, then replicas, then shards, so that they cannot deadlock.

/** `bump`: a change that others must see. `isNewView` for one of members or plan. */
const bump = ({ isNewView }: { isNewView: boolean }, where = 'true') =>
  `bump AS (UPDATE cluster SET rev = rev + 1${isNewView ? ', version = version + 1' : ''} WHERE ${where} RETURNING 1)`;

/** `me`: the replica $1, if it may own something. Locked, so that nobody ends it meanwhile. */
const ME = `me AS (SELECT replicas.id FROM bump, replicas WHERE replicas.id = $1 AND state = 'active' FOR SHARE OF replicas)`;

/**
 * Adds replica $1, named $2 and of generation $3, version $4 and protocol $5, unless a later one of the name is there, or one that speaks no
 * protocol from $6 to $7. Ends earlier ones of the name. Sent again, it changes nothing.
 */
export const REGISTER = `
  WITH ${bump({ isNewView: true })},
    added AS (INSERT INTO replicas (id, name, generation, version, protocol) SELECT $1::uuid, $2::varchar, $3::bigint, $4::text, $5::integer FROM bump
      WHERE NOT EXISTS (SELECT FROM replicas WHERE name = $2 AND generation > $3)
        AND NOT EXISTS (SELECT FROM replicas WHERE state <> 'gone' AND name <> $2 AND protocol NOT BETWEEN $6 AND $7)
      ON CONFLICT DO NOTHING RETURNING id),
    ended AS (UPDATE replicas SET state = 'gone', ended_at = clock_timestamp(), ended_by = $1 FROM added
      WHERE name = $2 AND generation < $3 AND state <> 'gone')
  SELECT EXISTS (SELECT FROM added) OR EXISTS (SELECT FROM replicas WHERE id = $1 AND state <> 'gone') AS is_member,
    EXISTS (SELECT FROM replicas WHERE name = $2 AND generation > $3) AS is_superseded`;

/** Raises the beat of replica $1. The shards are returned if the revision is not $2. */
export const LOOK = `
  WITH me AS (UPDATE replicas SET beat = beat + 1 WHERE id = $1 AND state <> 'gone' RETURNING id)
  SELECT EXISTS (SELECT FROM me) AS is_member, version, rev,
    (SELECT json_agg(json_build_array(id, name, state, beat)) FROM replicas WHERE state <> 'gone') AS members,
    CASE WHEN rev <> $2 THEN (
      SELECT json_agg(json_build_array(CASE WHEN state <> 'gone' THEN owner END, wanted, epoch) ORDER BY shard)
      FROM shards LEFT JOIN replicas ON replicas.id = owner
    ) END AS shards
  FROM cluster`;

/** Ends replica $1, for replica $4, if its beat is $2 and the version $3. */
export const END = `
  WITH ${bump({ isNewView: true }, 'version = $3')}
  UPDATE replicas SET state = 'gone', ended_at = clock_timestamp(), ended_by = $4 FROM bump
  WHERE replicas.id = $1 AND beat = $2 AND state <> 'gone'`;

/** Plans, if the version is $1, that the replicas $3 should own the shards $2. */
export const PLAN = `
  WITH ${bump({ isNewView: true }, 'version = $1')}
  UPDATE shards SET wanted = change.wanted
  FROM bump, unnest($2::smallint[], $3::uuid[]) AS change (shard, wanted) WHERE shards.shard = change.shard`;

/**
 * Takes the shards $2 for replica $1. The owner must be known to be gone: a replica that is newer than the snapshot of this statement is not in
 * it, and must not be taken for one that is gone.
 */
export const CLAIM = `
  WITH ${bump({ isNewView: false })}, ${ME}
  UPDATE shards SET owner = $1, epoch = epoch + 1, since = clock_timestamp() FROM me
  WHERE shard = ANY ($2::smallint[]) AND wanted = $1
    AND (owner IS NULL OR EXISTS (SELECT FROM replicas WHERE replicas.id = owner AND state = 'gone'))
  RETURNING shard, epoch`;

/** Raises the epochs of the shards $2, if replica $1 owns them with the epochs $3. */
export const RECLAIM = `
  WITH ${bump({ isNewView: false })}, ${ME}
  UPDATE shards SET epoch = shards.epoch + 1, since = clock_timestamp()
  FROM me, unnest($2::smallint[], $3::bigint[]) AS given (shard, epoch)
  WHERE shards.shard = given.shard AND owner = $1 AND shards.epoch = given.epoch
  RETURNING shards.shard, shards.epoch`;

/** Frees the shards $2 that replica $1 owns with the epochs $3. */
export const RELEASE = `
  WITH ${bump({ isNewView: false })}
  UPDATE shards SET owner = NULL, since = NULL
  FROM bump, unnest($2::smallint[], $3::bigint[]) AS given (shard, epoch)
  WHERE shards.shard = given.shard AND owner = $1 AND shards.epoch = given.epoch`;

/** Replica $1 gets nothing more. */
export const DRAIN = `
  WITH ${bump({ isNewView: true })}
  UPDATE replicas SET state = 'draining' FROM bump WHERE replicas.id = $1 AND state = 'active'`;

/** Replica $1 is gone. */
export const LEAVE = `
  WITH ${bump({ isNewView: true })}
  UPDATE replicas SET state = 'gone', ended_at = clock_timestamp(), ended_by = $1 FROM bump
  WHERE replicas.id = $1 AND state <> 'gone'`;

/** Forgets replicas that have been gone for 30 days. Not one that a shard still names: a claim wants to see that it is gone. */
export const FORGET_ENDED = `
  DELETE FROM replicas WHERE state = 'gone' AND ended_at < now() - interval '30 days'
    AND NOT EXISTS (SELECT FROM shards WHERE owner = replicas.id)`;
