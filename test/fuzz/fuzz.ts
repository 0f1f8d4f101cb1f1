import fc from 'fast-check';
import { inParallel } from '../support/in-parallel';
import type { Caller } from './callers';
import { Client } from './client';
import type { Answer } from './client';
import type { Operation } from './document';
import { codeOf, judge } from './judge';
import { requestsFor } from './requests';
import type { FuzzRequest } from './requests';
import { filled, foreignIds } from './rows';
import type { Rows } from './rows';
import { createRows, deleteRows } from './world';
import type { AddReadings } from './world';

/** Requests that share a seed and rows. */
const PER_ROUND = 250;
const AT_ONCE = 32;

/** A request whose answer was wrong. */
export interface Failure {
  readonly request: FuzzRequest;
  readonly problems: readonly string[];
  /** Repeats the request, together with the path. */
  readonly seed: number;
  readonly path: string;
}

/** Sends requests made from the OpenAPI document, and judges the answers. */
export class Fuzz {
  /** How often each operation gave each answer, such as `404 GATEWAY_NOT_FOUND`. */
  readonly answers = new Map<string, Map<string, number>>();
  private readonly client: Client;
  private addresses = 0;
  private readonly admin: Caller;
  private readonly operations: ReadonlyMap<string, Operation>;
  private readonly callers: ReadonlyMap<string, Caller>;
  private readonly requests: fc.Arbitrary<FuzzRequest>;

  /**
   * @param device URL of a simulated gateway, the only one that requests may reach
   * @param callers the first may do everything: it creates the rows, and sends more requests than the others, which are mostly refused
   */
  constructor(
    url: string,
    operations: readonly Operation[],
    private readonly device: string,
    callers: readonly [admin: Caller, ...others: Caller[]],
    private readonly addReadings: AddReadings,
  ) {
    [this.admin] = callers;
    this.client = new Client(url);
    this.callers = new Map(callers.map((caller) => [caller.name, caller]));
    this.operations = new Map(operations.map((operation) => [operation.id, operation]));
    this.requests = requestsFor(operations, [
      ...Array<string>(callers.length).fill(this.admin.name),
      ...this.callers.keys(),
    ]);
  }

  /**
   * Sends `count` requests, many at once, until one fails.
   * @param seed determines all requests; round n has seed + n
   */
  async run(count: number, seed: number): Promise<Failure | null> {
    const failures: Failure[] = [];
    for (let sent = 0, round = seed; sent < count && failures.length === 0; sent += PER_ROUND, round += 1) {
      const batch = fc.sample(this.requests, { seed: round, numRuns: Math.min(PER_ROUND, count - sent) });
      const rows = await createRows(this.client, this.device, this.admin, this.addReadings);
      await inParallel(batch.entries(), AT_ONCE, async ([index, request]) => {
        if (failures.length > 0) return;
        const problems = await this.problemsOf(request, rows);
        if (problems.length > 0) failures.push({ request, problems, seed: round, path: String(index) });
      });
      await deleteRows(this.client, rows, this.admin);
    }
    return failures[0] ?? null;
  }

  /** Repeats one request alone, and looks for the smallest one that fails. Null if it does not fail. */
  async shrink(seed: number, path: string): Promise<Failure | null> {
    let problems: string[] = [];
    const holds = fc.asyncProperty(this.requests, async (request) => {
      const rows = await createRows(this.client, this.device, this.admin, this.addReadings);
      const found = await this.problemsOf(request, rows);
      await deleteRows(this.client, rows, this.admin);
      if (found.length > 0) problems = found;
      return found.length === 0;
    });
    const { counterexample, counterexamplePath } = await fc.check(holds, { seed, path, numRuns: 1 });
    return counterexample && { request: counterexample[0], problems, seed, path: counterexamplePath };
  }

  close(): void {
    this.client.close();
  }

  private async problemsOf(request: FuzzRequest, rows: Rows): Promise<string[]> {
    const operation = this.operations.get(request.operation);
    const caller = this.callers.get(request.caller);
    if (!operation || !caller) throw new Error('the request is of another fuzz');
    try {
      const answer = await this.send(request, operation, caller, rows);
      this.count(request.operation, answer);
      const foreign = caller.isOfOrganization ? foreignIds(rows) : [];
      return judge(request, operation, answer, caller, foreign);
    } catch (error) {
      return [`there is no answer: ${String(error)}`];
    }
  }

  private send(request: FuzzRequest, { method }: Operation, caller: Caller, rows: Rows): Promise<Answer> {
    const { target, headers, body, encoding } = request;
    // An address may send 20 unknown keys a minute. The service trusts this header: see the spec.
    const address = caller.scopes === null && { 'x-forwarded-for': this.nextAddress() };
    const all = Object.entries({ 'content-type': 'application/json', ...headers, ...caller.headers, ...address });
    return this.client.send({
      method,
      target: filled(target, rows),
      headers: Object.fromEntries(all.map(([name, value]) => [name, filled(value, rows)])),
      body: body === null ? null : Buffer.from(filled(body, rows), encoding),
    });
  }

  private nextAddress(): string {
    this.addresses += 1;
    return `10.${[16, 8, 0].map((shift) => (this.addresses >> shift) & 255).join('.')}`;
  }

  private count(operation: string, answer: Answer): void {
    const name = [answer.status, codeOf(answer) ?? []].flat().join(' ');
    const counts = this.answers.get(operation) ?? new Map<string, number>();
    this.answers.set(operation, counts.set(name, (counts.get(name) ?? 0) + 1));
  }
}

/** The failure as text, with the command that repeats it. */
export function describeFailure({ request, problems, seed, path }: Failure): string {
  const command = `npm run fuzz -- --seed ${seed} --path ${path}`;
  return [...problems, JSON.stringify(request, null, 2), `Repeat it with: ${command}`].join('\n');
}
