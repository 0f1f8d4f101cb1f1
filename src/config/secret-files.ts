import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from './config-error';

/** Variables with secrets. Each can be in a file instead, which `<name>_FILE` names: an environment can be read by other programs. */
export const SECRETS = [
  'DATABASE_URL',
  'DATABASE_MIGRATION_URL',
  'ENCRYPTION_KEY',
  'ENCRYPTION_PREVIOUS_KEYS',
  'BOOTSTRAP_API_KEY',
  'METRICS_TOKEN',
  'NATS_TOKEN',
  'NATS_CREDENTIALS',
] as const;

const READABLE_BY_OTHERS = 0o004;

type Variables = Record<string, string | undefined>;

/**
 * Adds the secrets that are in files. One trailing newline is dropped.
 * @returns all variables, and a warning for each file that every user of the machine can read
 * @throws ConfigError if a file cannot be read, or a variable is set in both forms
 */
export function readSecretFiles(variables: Variables): { variables: Variables; warnings: string[] } {
  const problems: [string, string][] = [];
  const warnings: string[] = [];
  const read: Variables = {};
  for (const name of SECRETS) {
    const fileVariable = `${name}_FILE`;
    const path = variables[fileVariable] ?? '';
    if (path === '') continue;
    try {
      if ((variables[name] ?? '') !== '') problems.push([fileVariable, `must not be set together with ${name}`]);
      else read[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
      if (statSync(path).mode & READABLE_BY_OTHERS) {
        warnings.push(`every user of this machine can read the file in ${fileVariable}: restrict it with chmod o-r`);
      }
    } catch {
      problems.push([fileVariable, 'must name a readable file']);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { variables: { ...variables, ...read }, warnings };
}

/** Removes the secrets, so that child processes do not inherit them and no later code can read them. */
export function forgetSecrets(variables: Variables): void {
  for (const name of SECRETS) Reflect.deleteProperty(variables, name);
}
