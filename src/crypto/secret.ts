import { inspect } from 'node:util';

/**
 * A value that is opened only on request. It prints as `[secret]` in templates, JSON, logs and the debugger.
 * Creating one never throws; `reveal` throws if the value cannot be opened.
 */
export class Secret {
  readonly #open: () => string;

  private constructor(open: () => string) {
    this.#open = open;
  }

  static of(plaintext: string): Secret {
    return new Secret(() => plaintext);
  }

  /** A secret that is still sealed; `open` runs at each `reveal`, so the plaintext is not kept. */
  static sealed(open: () => string): Secret {
    return new Secret(open);
  }

  /** @throws CredentialsUnreadableError when it is sealed with an unknown key, or was tampered with. */
  reveal(): string {
    return this.#open();
  }

  /** Like `reveal`, but null if it would throw. */
  revealOrNull(): string | null {
    try {
      return this.#open();
    } catch {
      return null;
    }
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
