/** The environment is wrong. The message names each variable and never repeats a value, which may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** @param problems by the name of the variable */
  constructor(problems: readonly (readonly [name: string, message: string])[]) {
    super(`The configuration is not valid:\n${problems.map(([name, message]) => `  ${name}: ${message}`).join('\n')}`);
  }
}
