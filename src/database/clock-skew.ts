/**
 * SQL for the interval that converts a time of this machine into the database's: 0 unless the clocks differ by more than a minute,
 * which well-kept clocks never do. Stored times follow the database's clock, so a wrong clock here does no damage.
 * @param ourNow the parameter with our current time, such as `$2`
 */
export function clockSkew(ourNow: string): string {
  // Computed in seconds: a difference of timestamps would count in days, whose length varies.
  const seconds = `EXTRACT(EPOCH FROM now()) - EXTRACT(EPOCH FROM ${ourNow}::timestamptz)`;
  return `CASE WHEN abs(${seconds}) > 60 THEN make_interval(secs => (${seconds})::float8) ELSE interval '0' END`;
}
