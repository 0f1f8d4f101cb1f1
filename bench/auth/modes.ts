import { generateKey } from '../../src/common/api-key-format';

/** The service with or without API keys. */
export interface Mode {
  readonly name: 'keys' | 'off';
  readonly variables: Readonly<Record<string, string>>;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

const key = generateKey();

export const KEYS: Mode = {
  name: 'keys',
  variables: { AUTH: 'keys', BOOTSTRAP_API_KEY: key },
  headers: { authorization: `Bearer ${key}` },
};

export const OFF: Mode = { name: 'off', variables: { AUTH: 'off' }, headers: {} };
