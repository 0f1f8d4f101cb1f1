/**
 * The environment of the programs started here. Not ours as a whole: variables such as PGOPTIONS, PGDATA or LANG are meant
 * for somebody else's PostgreSQL and would change how this one behaves.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
