import { pause } from './pause';
import type { Patient, Trouble } from './troubles';

/** About how often each gateway is in trouble, and the shortest and longest time between two troubles anywhere. */
const EACH_EVERY_MS = 20_000;
const BETWEEN_MS = [50, 500] as const;

/** Longer than the service needs to notice a frozen gateway, at its default settings. */
const LONGEST_TROUBLE_MS = 40_000;

interface Plan {
  readonly patients: readonly Patient[];
  readonly troublesOf: (patient: Patient) => Trouble[];
  readonly random: () => number;
  /** Milliseconds that all of it takes. */
  readonly durationMs: number;
  /** Where it is counted how often each trouble was made. */
  readonly counts: Map<string, number>;
}

/** Makes trouble at random: many gateways at a time, one trouble at a time for each. */
export class Troublemaker {
  private readonly inTrouble = new Map<Patient, Promise<unknown>>();

  constructor(private readonly plan: Plan) {}

  /** Ends when the signal aborts and all troubles have been put right. Rejects when one cannot be made or put right. */
  async run(signal: AbortSignal): Promise<void> {
    const { patients, random } = this.plan;
    const betweenMs = Math.min(BETWEEN_MS[1], Math.max(BETWEEN_MS[0], EACH_EVERY_MS / patients.length));
    const failures: unknown[] = [];
    while (!signal.aborted && failures.length === 0) {
      const patient = patients[Math.floor(random() * patients.length)];
      if (patient && !this.inTrouble.has(patient)) {
        const trouble = this.trouble(patient, signal)
          .catch((error: unknown) => failures.push(error))
          .finally(() => this.inTrouble.delete(patient));
        this.inTrouble.set(patient, trouble);
      }
      await pause(betweenMs, signal);
    }
    await Promise.all(this.inTrouble.values());
    if (failures.length > 0) throw failures[0];
  }

  private async trouble(patient: Patient, signal: AbortSignal): Promise<void> {
    const { troublesOf, random, durationMs, counts } = this.plan;
    const choices = troublesOf(patient);
    const trouble = choices[Math.floor(random() * choices.length)];
    if (!trouble) return;

    counts.set(trouble.name, (counts.get(trouble.name) ?? 0) + 1);
    await trouble.begin();
    // Mostly short ones, and some that are long.
    await pause(Math.min(LONGEST_TROUBLE_MS, durationMs / 4) * random() ** 3, signal);
    await trouble.end();
  }
}
