/**
 * SQL: joins `usual` and `other`, the instants with a local time in a zone. Where a clock is set back, PostgreSQL takes one of two, `usual`;
 * `other` is found by adding and subtracting the usual widths of such a change. Where it is set forward, `usual` has another local time.
 * @param local SQL expression of type timestamp
 * @param zone SQL expression: a zone that the server knows
 */
export function instantsSql(local: string, zone: string): string {
  return `
    CROSS JOIN LATERAL (SELECT ${local} AT TIME ZONE ${zone} AS at) AS usual
    LEFT JOIN LATERAL (
      SELECT candidate.at
      FROM (VALUES (interval '1 hour'), (interval '30 minutes'), (interval '2 hours')) AS change (width),
        LATERAL (VALUES (usual.at - change.width), (usual.at + change.width)) AS candidate (at)
      WHERE candidate.at AT TIME ZONE ${zone} = ${local} AND usual.at AT TIME ZONE ${zone} = ${local} LIMIT 1
    ) AS other ON true`;
}

/**
 * SQL: which instant of `instantsSql` is meant. A record that has just been measured takes the one nearer to its receipt, others the
 * later one, which is standard time.
 * @param isLive SQL expression of type boolean
 * @param receivedAt SQL expression of type timestamptz
 */
export function instantSql(isLive: string, receivedAt: string): string {
  return `CASE
    WHEN other.at IS NULL THEN usual.at
    WHEN NOT ${isLive} THEN GREATEST(usual.at, other.at)
    WHEN abs(EXTRACT(EPOCH FROM other.at - ${receivedAt})) < abs(EXTRACT(EPOCH FROM usual.at - ${receivedAt})) THEN other.at
    ELSE usual.at
  END`;
}

/** SQL: whether the clock skips this local time. For the joins of `instantsSql`, with the same arguments. */
export function isSkippedSql(local: string, zone: string): string {
  return `usual.at AT TIME ZONE ${zone} <> ${local}`;
}
