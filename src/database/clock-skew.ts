/**
 * SQL for what to add to a time of this machine to get one of the database: nothing, unless their clocks differ by more than two machines
 * may that are looked after. What is stored is the database's time, so a clock of ours that is wrong leaves nothing behind.
 * @param ourNow the parameter with the time by our clock, such as `$2`
 */
export function clockSkew(ourNow: string): string {
  // In seconds, and not as a difference of times: that would count days, which are not all of one length.
  const seconds = `EXTRACT(EPOCH FROM now()) - EXTRACT(EPOCH FROM ${ourNow}::timestamptz)`;
  return `CASE WHEN abs(${seconds}) > 60 THEN make_interval(secs => (${seconds})::float8) ELSE interval '0' END`;
}
