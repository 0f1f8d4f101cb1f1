import type { ReadingKind } from '../reading';
import type { CatchUpInput, CatchUpPlan } from './catch-up-plan';
import { DEFAULT_LIMITS } from './catch-up-task';
import { begin, next, progressOf, receive } from './catch-up.planner';
import type { Day, Gap, HistoryRequest } from './history';
import type { HistoryPage, HistoryPages } from './history-pages';
import type { HistoryStatesRepository, KnownHistory } from './history-states.repository';

export interface RunOptions {
  readonly gatewayId: string;
  readonly kind: ReadingKind;
  readonly backfillDays: number;
  /** When the session began. */
  readonly connectedAt: Date;
  readonly order: { readonly from: Day; readonly to: Day; readonly serials: readonly number[] } | null;
}

export interface FetchedPage {
  readonly records: number;
  /** Of them, those that were not stored before. */
  readonly added: number;
}

/** One run through the history of one gateway and kind, page by page. What it has shown is stored with each page. */
export class CatchUpRun {
  requests = 0;
  records = 0;
  added = 0;
  /** Gaps that it has found. */
  gaps = 0;
  /** Day ends at the gateway, from the start of the run, in milliseconds. */
  readonly untilMidnightMs: number;
  private plan: CatchUpPlan;
  private verifiedThrough = new Date();
  private oldestDay: Day | null = null;

  private constructor(
    private readonly options: RunOptions,
    private readonly known: KnownHistory,
    input: CatchUpInput,
    private readonly states: HistoryStatesRepository,
    private readonly lostAt: Date,
  ) {
    this.untilMidnightMs = known.untilMidnightMs;
    this.plan = begin(input);
  }

  /** @returns null if the gateway is not in the database */
  static async start(options: RunOptions, states: HistoryStatesRepository): Promise<CatchUpRun | null> {
    const { gatewayId, kind, order } = options;
    const known = await states.read(gatewayId, kind, options.backfillDays);
    if (known === null) return null;
    // Nothing was missing then. Before the first time, what was stored before the first session counts.
    const lostAt = known.verifiedThrough ?? known.lostAt ?? options.connectedAt;
    const input: CatchUpInput = {
      kind,
      today: known.today,
      since: known.since,
      covered: known.coverage.covered,
      coveredByIds: known.coverage.coveredByIds,
      avoided: known.avoided,
      serials: known.serials,
      series: order ? [] : await states.readSeries(gatewayId, kind, known),
      newestDay: order ? null : await states.newestDay(gatewayId, kind, known.since, lostAt),
      facts: known.facts,
      limits: DEFAULT_LIMITS,
      order: order && { days: { from: order.from, to: order.to }, serials: order.serials },
    };
    return new CatchUpRun(options, known, input, states, lostAt);
  }

  /** The next request; null if the run is over. */
  get next(): HistoryRequest | null {
    return next(this.plan);
  }

  get left(): number {
    return this.plan.tasks.length;
  }

  get isVerified(): boolean {
    return progressOf(this.plan).isVerified;
  }

  /** Asks for the next page, and stores it. @throws CommandError, or the error of the database: then nothing has changed */
  async fetch(request: HistoryRequest, pages: HistoryPages, signal: AbortSignal): Promise<FetchedPage> {
    const { gatewayId, order } = this.options;
    const askedAt = new Date();
    const options = { isUrgent: order !== null && this.requests === 0, lostAt: this.lostAt, signal };
    const page = await pages.fetch(gatewayId, request, options);
    if (this.requests === 0) this.verifiedThrough = askedAt;
    await this.take(page);
    return { records: page.reply.type === 'failed' ? 0 : page.reply.count, added: page.added };
  }

  /** The gateway has not answered, or not what was asked. */
  async fail(): Promise<void> {
    await this.take({ reply: { type: 'failed' }, added: 0, gaps: [] });
  }

  private async take({ reply, added, gaps }: HistoryPage): Promise<void> {
    const plan = receive(this.plan, reply);
    const found = [...gaps, ...plan.gaps.slice(this.plan.gaps.length)];
    await this.save(plan, found);
    this.gaps += found.length;
    this.plan = plan;
    this.requests += 1;
    this.added += added;
    if (reply.type === 'failed') return;
    this.records += reply.count;
    for (const { day } of reply.records) if (day !== null) this.oldestDay = Math.min(this.oldestDay ?? day, day);
  }

  private async save(plan: CatchUpPlan, gaps: readonly Gap[]): Promise<void> {
    const { gatewayId, kind } = this.options;
    const { facts, covered, coveredByIds, absent, isVerified } = progressOf(plan);
    const { coverage, since, era, lostAt } = this.known;
    await this.states.save(gatewayId, kind, {
      ...{ since, era, facts, gaps },
      coverage: {
        covered,
        coveredByIds,
        absent:
          absent.length > 0
            ? absent.map(({ serials, ranges }) => ({ serial: serials[0] ?? 0, ranges }))
            : coverage.absent,
      },
      lostAt: isVerified ? null : this.options.order ? lostAt : this.lostAt,
      verifiedThrough: isVerified ? this.verifiedThrough : null,
      oldestDay: this.oldestDay,
    });
  }
}
