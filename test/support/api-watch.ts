import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client';
import { percentile } from './percentile';

const PAUSE_MS = 10;

/** Findings of a watch since the last call. */
export interface ApiReport {
  readonly answers: number;
  readonly p99Ms: number;
  /** Requests that were not answered with 2xx. */
  readonly problems: string[];
}

/** Uses the API as an operator's console does, one request after the other, and notes how long each answer takes. */
export class ApiWatch {
  private durations: number[] = [];
  private problems: string[] = [];
  private isOver = false;
  private readonly ended: Promise<void>;
  private turn = 0;

  constructor(
    private readonly api: ApiClient,
    private readonly gatewayIds: readonly string[],
  ) {
    this.ended = this.run();
  }

  /** Returns the findings since the last call. */
  take(): ApiReport {
    const { durations, problems } = this;
    this.durations = [];
    this.problems = [];
    return { answers: durations.length, p99Ms: percentile(durations, 99), problems };
  }

  /** Stops, and returns the findings since the last call. */
  async stop(): Promise<ApiReport> {
    this.isOver = true;
    await this.ended;
    return this.take();
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const id = this.gatewayIds[this.turn % this.gatewayIds.length] ?? '';
      for (const path of [`/api/gateways/${id}/status`, '/api/connections?limit=100', '/api/gateways?limit=20']) {
        await this.note(`GET ${path}`, () => this.api.get(path));
        await sleep(PAUSE_MS);
      }
      await this.note(`PUT /api/gateways/${id}`, () =>
        this.api.put(`/api/gateways/${id}`, { metadata: { turn: this.turn++ } }),
      );
    }
  }

  private async note(request: string, send: () => ReturnType<ApiClient['get']>): Promise<void> {
    try {
      const { status, ms } = await send();
      this.durations.push(ms);
      if (status < 200 || status > 299) this.problems.push(`${request}: ${status}`);
    } catch (error) {
      this.problems.push(`${request}: ${String(error)}`);
    }
  }
}
