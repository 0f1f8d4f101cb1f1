import { TooManyRequestsError } from '../common/domain-error';

const ATTEMPTS_PER_WINDOW = 20;
const WINDOW_MS = 60_000;
/** The oldest is forgotten beyond this. */
const MAX_CLIENTS = 10_000;

/** Too many keys that do not work came from one address. */
export class TooManyAttemptsError extends TooManyRequestsError {
  readonly code = 'TOO_MANY_REQUESTS';

  constructor(retryAfterSeconds: number) {
    super('Too many requests with keys that are not valid came from this address', retryAfterSeconds);
  }
}

/** Counts requests with keys that do not work: 20 a minute for each client, then the keys of further ones are not looked at. */
export class FailedAttempts {
  private readonly windows = new Map<string, { count: number; readonly endsAt: number }>();

  /** @throws TooManyAttemptsError */
  requireRoom(client: string): void {
    const window = this.windows.get(client);
    if (!window || window.count < ATTEMPTS_PER_WINDOW) return;
    const leftMs = window.endsAt - performance.now();
    if (leftMs > 0) throw new TooManyAttemptsError(Math.ceil(leftMs / 1000));
    this.windows.delete(client);
  }

  note(client: string): void {
    const now = performance.now();
    const window = this.windows.get(client);
    if (window && window.endsAt > now) {
      window.count += 1;
      return;
    }
    this.windows.delete(client); // So that the new window becomes the youngest.
    const [oldest] = this.windows.keys();
    if (this.windows.size >= MAX_CLIENTS && oldest !== undefined) this.windows.delete(oldest);
    this.windows.set(client, { count: 1, endsAt: now + WINDOW_MS });
  }
}
