/** The first id that the function `uuid_v7` can make at a time: 48 bits of milliseconds, then the version. @param time SQL */
export function firstIdSql(time: string): string {
  return `(lpad(to_hex((EXTRACT(EPOCH FROM ${time}) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid`;
}
