import { DEFAULT_LIMITS } from './catch-up-task';
import type { CatchUpLimits } from './catch-up-task';
import type { CatchUpInput, CatchUpPlan, CatchUpProgress } from './catch-up-plan';
import { begin, next, progressOf, receive } from './catch-up.planner';
import { FIRST_DAY } from './simulated-history.harness';
import type { SimulatedHistory, SimulatedRecord } from './simulated-history.harness';
import { NOTHING_LEARNED } from './history';
import type { Gap, HistoryRecord, HistoryReply, HistoryRequest } from './history';
import type { Hole, IdSeries } from './id-series';
import { EMPTY, holesIn, rangesOf, rangesOfNumbers, subtract } from './int-ranges';
import type { IntRanges } from './int-ranges';

interface Row {
  readonly content: number;
  readonly serial: number;
  readonly id: number | null;
  readonly day: number;
  readonly era: number;
}

export const TEST_LIMITS: CatchUpLimits = {
  ...DEFAULT_LIMITS,
  pageBytes: 1_000,
  densePageBytes: 8_000,
  pageRecords: 40,
  honouredMax: 4,
};

/** What the service stores of one gateway and kind, in memory: the counterpart of the tables and of the runner. */
export class CatchUpStore {
  readonly rows: Row[] = [];
  readonly requests: HistoryRequest[] = [];
  gaps: readonly Gap[] = [];
  /** Requests of the last run. */
  lastRequests = 0;
  isVerified = false;
  /** The newest record that was stored when a run was complete for the first time. */
  firstVerifiedRow: number | null = null;
  private era = 0;
  /** Rows when the session was lost, or when the run began; kept until a run is complete. */
  private before: readonly Row[] | null = null;
  private progress: Omit<CatchUpProgress, 'left' | 'gaps' | 'isOver' | 'isVerified'> = {
    facts: NOTHING_LEARNED,
    covered: EMPTY,
    coveredByIds: EMPTY,
    absent: [],
  };

  constructor(
    private readonly history: SimulatedHistory,
    private readonly kind: 'vibration' | 'temperature',
    readonly since = FIRST_DAY,
  ) {}

  hear(record: SimulatedRecord): void {
    this.store(record, record.liveId);
  }

  loseSession(): void {
    this.before ??= [...this.rows];
  }

  holds({ content }: SimulatedRecord): boolean {
    return this.rows.some((row) => row.content === content);
  }

  /** Numbers below the highest that are neither stored nor known to have no record. */
  get missing(): IntRanges {
    return this.input().series.flatMap(({ holes }) => holes.map(({ from, to }) => ({ from, to })));
  }

  /** Asks until the run is over, or until so many requests were answered: then the service is stopped. */
  run(stopAfter = Infinity, fails: (request: number) => boolean = () => false): void {
    this.loseSession();
    let plan: CatchUpPlan = begin(this.input());
    this.lastRequests = 0;
    for (let request = next(plan); request !== null && this.lastRequests < stopAfter; request = next(plan)) {
      this.lastRequests += 1;
      this.requests.push(request);
      if (fails(this.lastRequests)) plan = receive(plan, { type: 'failed' });
      else plan = receive(plan, this.answerTo(request));
      this.keep(progressOf(plan));
      if (this.lastRequests > 5_000) throw new Error('The run does not end');
    }
  }

  private answerTo(request: HistoryRequest): HistoryReply {
    const records = this.history.answer(request);
    return {
      type: 'records',
      count: records.length,
      records: records.map((record) => ({
        serial: record.serial,
        recordId: record.historyId,
        day: record.day,
        standing: this.store(record, record.historyId),
        wasStored: (this.before ?? []).some(({ content }) => content === record.content),
      })),
      bytes: records.length * this.history.quirks.recordBytes,
    };
  }

  private keep(progress: CatchUpProgress): void {
    const { facts, covered, coveredByIds, absent, isVerified } = progress;
    this.progress = { facts, covered, coveredByIds, absent: absent.length > 0 ? absent : this.progress.absent };
    this.gaps = [...this.gaps.filter((gap) => !progress.gaps.includes(gap)), ...progress.gaps];
    this.isVerified = isVerified;
    if (!isVerified) return;
    this.before = null;
    if (this.rows.length > 0) this.firstVerifiedRow ??= Math.max(...this.rows.map(({ content }) => content));
  }

  private store({ content, serial, day }: SimulatedRecord, id: number | null): HistoryRecord['standing'] {
    const same = this.rows.find((row) => row.content === content);
    const numbered =
      id === null ? undefined : this.rows.find((row) => row.serial === serial && row.id === id && row.day === day);
    if (same) return same.id === id ? 'known' : 'differs';
    this.rows.push({ content, serial, id, day, era: this.eraOf(id, day) });
    return numbered ? 'differs' : 'new';
  }

  private eraOf(id: number | null, day: number): number {
    const current = this.rows.filter((row) => row.era === this.era && row.id !== null);
    const isBelow = id !== null && current.some((row) => Number(row.id) > id);
    if (!isBelow || !current.every((row) => row.day + 2 < day)) return this.era;
    this.era += 1;
    this.progress = { ...this.progress, facts: { ...this.progress.facts, idScope: 'unknown' }, absent: [] };
    return this.era;
  }

  private input(): CatchUpInput {
    const { facts, covered, coveredByIds } = this.progress;
    const { serials, today } = this.history;
    const days = (this.before ?? []).map(({ day }) => day);
    return {
      kind: this.kind,
      today,
      since: this.since,
      covered,
      coveredByIds,
      avoided: this.avoided(),
      serials,
      series: facts.idScope === 'gateway' ? [this.seriesOf([])] : serials.map((serial) => this.seriesOf([serial])),
      newestDay: days.length === 0 ? null : Math.max(...days),
      facts,
      limits: TEST_LIMITS,
      order: null,
    };
  }

  private avoided(): IntRanges {
    const dense = this.gaps.filter(({ reason }) => reason === 'too_dense').map(({ days }) => days);
    return subtract(rangesOf(dense), [{ from: this.history.today, to: Infinity }]);
  }

  private seriesOf(serials: readonly number[]): IdSeries {
    const rows = this.rows
      .filter(
        ({ serial, era, id }) => era === this.era && id !== null && (serials.length === 0 || serials.includes(serial)),
      )
      .sort((a, b) => Number(a.id) - Number(b.id));
    const known = rangesOfNumbers(rows.map(({ id }) => Number(id)));
    const absent = this.progress.absent.find((one) => one.serials[0] === serials[0])?.ranges ?? EMPTY;
    const dayBelow = (id: number) => rows.filter((row) => Number(row.id) < id).at(-1)?.day ?? 0;
    const dayAbove = (id: number) => rows.find((row) => Number(row.id) > id)?.day ?? 0;
    const holes = subtract(holesIn(known), absent).map(({ from, to }): Hole => {
      const [a, b] = [dayBelow(from), dayAbove(to)];
      return { from, to, days: { from: Math.min(a, b), to: Math.max(a, b) } };
    });
    const [first, last] = [rows.at(0), rows.at(-1)];
    return { serials, known, absent, holes, days: first && last ? { from: first.day, to: last.day } : null };
  }
}
