import { pause } from './pause';
import type { Patient, Trouble } from './troubles';

/** Approximate time between two troubles of one gateway, and the bounds of the time between any two troubles. */
const EACH_EVERY_MS = 20_000;
const BETWEEN_MS = [50, 500] as const;

/** Longer than the service needs to detect a frozen gateway, with its default settings. */
const LONGEST_TROUBLE_MS = 40_000;

interface Plan {
  readonly patients: readonly Patient[];
  readonly troublesOf: (patient: Patient) => Trouble[];
  readonly random: () => number;
  /** Length of the whole run, in milliseconds. */
  readonly durationMs: number;
  /** Counts how often each trouble was caused, by its name. */
  readonly counts: Map<string, number>;
}

/** Causes trouble at random: for many gateways at a time, but one trouble at a time for each. */
export class Troublemaker {
  private readonly inTrouble = new Map<Patient, Promise<unknown>>();

  constructor(private readonly plan: Plan) {}

  /** Resolves when the signal has aborted and all troubles are undone. Rejects if one cannot be caused or undone. */
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
    // Mostly short, sometimes long.
    await pause(Math.min(LONGEST_TROUBLE_MS, durationMs / 4) * random() ** 3, signal);
    await trouble.end();
  }
}
