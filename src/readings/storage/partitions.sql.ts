/** SQL: what tells the partitions of a table apart, as `make_reading_partitions` names them. @param name SQL: the name of a partition */
export function suffixSql(name: string): string {
  return `substring(${name} FROM '_(\\d{4}_\\d\\d|before_2000|from_2100)$')`;
}

/** SQL: the first day of a partition, and the one behind its last, as text. @param suffix SQL: see `suffixSql` */
export function boundsSql(suffix: string): { from: string; to: string } {
  const from = `CASE ${suffix} WHEN 'before_2000' THEN '0001-01-01' WHEN 'from_2100' THEN '2100-01-01'
    ELSE replace(${suffix}, '_', '-') || '-01' END`;
  const to = `CASE ${suffix} WHEN 'before_2000' THEN '2000-01-01' WHEN 'from_2100' THEN 'infinity'
    ELSE ((${from})::date + interval '1 month')::date::text END`;
  return { from, to };
}
