import type { AccountOutcome } from '../gateways/gateway-accounts.repository';
import type { GatewaysService } from '../gateways/gateways.service';

/** How long outcomes that raise no count are gathered. Until they are stored, the table counts too many rather than too few. */
const GATHER_MS = 100;
const ROWS_PER_STATEMENT = 1000;

/** Notified of each statement. */
export interface OutcomesListener {
  onStored(): void;
  onFailed(error: unknown): void;
}

/** Stores the outcomes of logins, merged by account and in batches. What cannot be stored is kept. */
export class AccountOutcomes {
  private readonly pending = new Map<string, AccountOutcome>();
  private timer: NodeJS.Timeout | undefined;
  /** Serializes the statements, so that no two wait for each other's rows. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly gateways: Pick<GatewaysService, 'recordAccountOutcomes'>,
    private readonly listener: OutcomesListener,
  ) {}

  /** A refusal is stored at once, so that a crash cannot lose it. */
  note(outcome: AccountOutcome): void {
    const earlier = this.pending.get(outcome.account);
    this.pending.set(outcome.account, earlier ? merge(earlier, outcome) : outcome);
    if (outcome.tries > 0 && !outcome.isCleared) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Stores what is pending. Never rejects; what cannot be stored is kept for the next call. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size > 0) await this.inTurn(() => this.store()).catch(() => undefined);
    else await this.writing;
  }

  /** Runs `work` when all earlier statements have ended. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.writing.then(work);
    this.writing = result.catch(() => undefined);
    return result;
  }

  /** Call within `inTurn`. Rejects when the table cannot be written. */
  async store(): Promise<void> {
    while (this.pending.size > 0) {
      const batch = [...this.pending.values()].slice(0, ROWS_PER_STATEMENT);
      for (const { account } of batch) this.pending.delete(account);
      try {
        await this.gateways.recordAccountOutcomes(batch);
        this.listener.onStored();
      } catch (error) {
        for (const outcome of batch) {
          const later = this.pending.get(outcome.account);
          this.pending.set(outcome.account, later ? merge(outcome, later) : outcome);
        }
        this.listener.onFailed(error);
        throw error;
      }
    }
  }
}

function merge(earlier: AccountOutcome, later: AccountOutcome): AccountOutcome {
  return later.isCleared ? later : { ...later, isCleared: earlier.isCleared, tries: earlier.tries + later.tries };
}
