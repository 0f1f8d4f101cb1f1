import { inspect } from 'node:util';

/**
 * A value that is opened only on request. It prints as `[secret]` in templates, JSON, logs and the debugger.
 * Creating one never throws; `reveal` throws if the value cannot be opened.
 */
export class Secret {
  readonly #open: (binding: string | undefined) => string;

  private constructor(
    open: (binding: string | undefined) => string,
    /** What its sealed text belongs to; undefined before `for`. */
    readonly binding?: string,
  ) {
    this.#open = open;
  }

  static of(plaintext: string): Secret {
    return new Secret(() => plaintext);
  }

  /** A secret that is still sealed; `open` runs at each `reveal`, with the binding, so the plaintext is not kept. */
  static sealed(open: (binding: string | undefined) => string): Secret {
    return new Secret(open);
  }

  /** The same secret, to be stored or opened with this binding. */
  for(binding: string): Secret {
    return new Secret(this.#open, binding);
  }

  /** @throws CredentialsUnreadableError when it is sealed with an unknown key or for another binding, or was tampered with. */
  reveal(): string {
    return this.#open(this.binding);
  }

  /** Like `reveal`, but null if it would throw. */
  revealOrNull(): string | null {
    try {
      return this.reveal();
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
