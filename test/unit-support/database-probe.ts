import type { DatabaseProbe } from '../../src/database/database-probe';

/** A probe of a database that accepts writes whenever `isUp` says so. */
export function aDatabaseProbe(isUp: () => boolean): DatabaseProbe {
  const probe: Pick<DatabaseProbe, 'canWrite'> = { canWrite: () => Promise.resolve(isUp()) };
  return probe as DatabaseProbe;
}
