import { Agent, get } from 'node:http';
import { percentile } from '../../test/support/percentile';

/** What to request. */
export interface Target {
  readonly url: string;
  readonly gatewayIds: readonly string[];
  /** The gateway itself, or its status. */
  readonly suffix: '' | '/status';
}

/** Requests the gateways in turn from now on; `report` ends the run and asks for the report. */
export type Probe = Target | 'report';

export interface LatencyReport {
  readonly p99Ms: number;
  readonly answers: number;
  /** Of each request that was not answered with 200: its status, or why there is no answer. */
  readonly problems: readonly string[];
}

const PER_SECOND = 200;
const TICK_MS = 2;
const agent = new Agent({ keepAlive: true });

let run: Run | undefined;

/**
 * Sends requests at a steady rate, whether answers arrive or not, and measures from the time a request was due. A prober that waits
 * for each answer before the next request would hide how long a service was stalled.
 */
class Run {
  private readonly startedAt = performance.now();
  private readonly timer = setInterval(() => this.askDue(), TICK_MS);
  private readonly durations: number[] = [];
  private readonly open = new Set<Promise<void>>();
  private asked = 0;
  private readonly problems: string[] = [];

  constructor(private readonly target: Target) {}

  async end(): Promise<LatencyReport> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    const { durations, problems } = this;
    return { p99Ms: percentile(durations, 99), answers: durations.length, problems };
  }

  private askDue(): void {
    for (;;) {
      const due = this.startedAt + (this.asked * 1000) / PER_SECOND;
      if (due > performance.now()) return;
      const { gatewayIds } = this.target;
      const id = gatewayIds[this.asked++ % gatewayIds.length] ?? '';
      const asked = this.ask(id).then((outcome) => {
        this.durations.push(performance.now() - due);
        if (outcome !== '200') this.problems.push(outcome);
        this.open.delete(asked);
      });
      this.open.add(asked);
    }
  }

  private ask(id: string): Promise<string> {
    return new Promise((resolve) => {
      const { url, suffix } = this.target;
      const request = get(`${url}/api/gateways/${id}${suffix}`, { agent }, (response) => {
        response.resume().once('end', () => resolve(String(response.statusCode)));
      }).once('error', (error: NodeJS.ErrnoException) => {
        // As Node's documentation advises: the server may have closed an idle connection just as the request was sent on it.
        const wasIdle = request.reusedSocket && error.code === 'ECONNRESET';
        resolve(wasIdle ? this.ask(id) : error.message);
      });
    });
  }
}

process.on('message', (probe: Probe | 'collect') => {
  if (probe === 'collect') return;
  if (probe === 'report') {
    void run?.end().then((report) => process.send?.(report));
    return;
  }
  run = new Run(probe);
  process.send?.('started');
});
