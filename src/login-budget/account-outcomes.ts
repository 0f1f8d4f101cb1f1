import type { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import type { AccountOutcome } from './gateway-accounts.repository';

/** How long outcomes that raise no count are gathered. Until they are stored, the table counts too many rather than too few. */
const GATHER_MS = 100;
const ROWS_PER_STATEMENT = 1000;

/** Stores the outcomes of logins, merged by account and in batches. What cannot be stored is kept. */
export class AccountOutcomes {
  private readonly pending: WriteBehind<string, AccountOutcome>;
  private timer: NodeJS.Timeout | undefined;

  /** @param store stores outcomes with one statement; if it rejects, none of them */
  constructor(store: (outcomes: readonly AccountOutcome[]) => Promise<void>, outage: Outage) {
    this.pending = new WriteBehind({
      batchSize: ROWS_PER_STATEMENT,
      merge,
      store: async (batch) => {
        await store([...batch.values()]);
        return [];
      },
      outage,
    });
  }

  /** A refusal is stored at once, so that a crash cannot lose it. */
  note(outcome: AccountOutcome): void {
    this.pending.note(outcome.account, outcome);
    if (outcome.tries > 0 && !outcome.isCleared) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Stores what is pending. Never rejects; what cannot be stored is kept for the next call. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.pending.flush();
  }

  /** See `WriteBehind.afterFlush`. */
  afterFlush<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.pending.afterFlush(work);
  }
}

function merge(earlier: AccountOutcome, later: AccountOutcome): AccountOutcome {
  return later.isCleared ? later : { ...later, isCleared: earlier.isCleared, tries: earlier.tries + later.tries };
}
