import { bodyOf } from '../../support/api-client';
import type { Answer, ApiClient } from '../../support/api-client';

const PAGE = 100;

/** The fields of a gateway in the API that its writer decides. */
export interface Row {
  readonly gateway_id: string;
  readonly name: string;
  readonly url: string;
  readonly email: string;
  readonly metadata: Record<string, unknown>;
  readonly desired_state: 'connected' | 'disconnected';
}

/** How many writes were sent, and how many of them succeeded. */
interface Totals {
  sent: number;
  answered: number;
}

/** One gateway as its writer knows it. */
export class Entry {
  /** Null until the create is answered. */
  id: string | null = null;
  /** The rows that may be stored; null is no row. A single one if every write was answered. */
  possible: (Row | null)[] = [null];

  constructor(private readonly totals: Totals) {}

  /** The row that its writer sent last. */
  get latest(): Row | null {
    return this.possible.at(-1) ?? null;
  }

  /**
   * Sends a write that results in `row`. Until it is answered with `success`, it is unknown whether it was stored.
   * @throws Error if no answer arrives
   */
  async write(row: Row | null, success: number, send: () => Promise<Answer>): Promise<Answer> {
    this.possible.push(row);
    this.totals.sent += 1;
    const answer = await send();
    if (answer.status !== success) return answer;
    this.totals.answered += 1;
    this.possible = [row];
    return answer;
  }
}

/** The expected state of every gateway after a crash, according to the answers its writer received. */
export class Ledger {
  readonly totals: Totals = { sent: 0, answered: 0 };
  private readonly entries = new Map<string, Entry>();

  /** The latest rows of all gateways that should exist. */
  get rows(): Row[] {
    return [...this.entries.values()].flatMap(({ latest }) => latest ?? []);
  }

  get ids(): string[] {
    return [...this.entries.values()].flatMap(({ id }) => id ?? []);
  }

  /** The entries of one writer. Each entry belongs to one writer only. */
  share(writer: number, writers: number): Entry[] {
    return [...this.entries.values()].filter((_, index) => index % writers === writer);
  }

  open(label: string): Entry {
    const entry = new Entry(this.totals);
    this.entries.set(label, entry);
    return entry;
  }

  /**
   * Compares all entries with what the service has stored, and takes over the stored state, which settles unanswered writes.
   * @returns the problems, in words; empty if every gateway is as one of its writes left it
   */
  async compare(api: ApiClient): Promise<string[]> {
    const stored = await readAll(api);
    const problems = [...stored.keys()].filter((label) => !this.entries.has(label)).map((label) => `${label}: whose?`);
    for (const [label, entry] of this.entries) {
      const { id = null, ...found } = stored.get(label) ?? {};
      const row = id === null ? null : (found as Row);
      const isPossible = entry.possible.some((candidate) => same(candidate, row));
      if (!isPossible) problems.push(`${label}: ${show(row)} is none of ${entry.possible.map(show).join(' or ')}`);
      entry.id = id;
      entry.possible = [row];
      if (row === null) this.entries.delete(label);
    }
    return problems;
  }
}

async function readAll(api: ApiClient): Promise<Map<string, Row & { id: string }>> {
  const rows = new Map<string, Row & { id: string }>();
  for (let offset = 0; ; offset += PAGE) {
    const path = `/api/gateways?limit=${PAGE}&offset=${offset}`;
    const page = await bodyOf<{ data: (Row & { id: string })[]; pagination: { hasNext: boolean } }>(api.get(path));
    for (const { id, gateway_id, name, url, email, metadata, desired_state } of page.data) {
      rows.set(gateway_id, { id, gateway_id, name, url, email, metadata, desired_state });
    }
    if (!page.pagination.hasNext) return rows;
  }
}

function same(a: Row | null, b: Row | null): boolean {
  if (!a || !b) return a === b;
  return (Object.keys(a) as (keyof Row)[]).every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

function show(row: Row | null): string {
  return row ? JSON.stringify(row) : 'no row';
}
