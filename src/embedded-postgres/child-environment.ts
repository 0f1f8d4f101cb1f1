/**
 * The environment of the programs started here. It does not inherit ours: variables such as PGOPTIONS, PGDATA or LANG are meant for
 * another PostgreSQL and would change how this one behaves.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
