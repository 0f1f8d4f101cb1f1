import { REQUEST_KINDS } from './api/requests';

/** The limit that a figure must meet (`bar`), and the target that it should meet (`aim`). */
export interface Bar {
  readonly kind: 'at least' | 'at most';
  readonly bar: number;
  readonly aim: number;
}

const atLeast = (bar: number, aim: number): Bar => ({ kind: 'at least', bar, aim });
const atMost = (bar: number, aim: number): Bar => ({ kind: 'at most', bar, aim });

/** Every bar, by the id of its figure. Figures without a bar are for information only. */
export const BARS: Partial<Record<string, Bar>> = {
  ...Object.fromEntries(REQUEST_KINDS.map(({ id }) => [`api.${id}`, atLeast(0.7, 0.85)])),
  'api.deep-page': atLeast(0.7, 0.85),
  'api.deep-page-depth': atLeast(0.7, 0.85),
  'api.cursor-page': atLeast(0.7, 0.85),
  'api.cursor-page-depth': atLeast(0.7, 0.85),
  'analysis.spectrum': atLeast(0.7, 0.85),
  'analysis.spectra': atLeast(0.7, 0.85),
  'analysis.trend': atLeast(0.7, 0.85),
  'auth.status': atLeast(0.97, 1),
  'auth.get-gateway': atLeast(0.97, 1),
  'auth.list-gateways': atLeast(0.97, 1),
  'auth.update-gateway': atLeast(0.97, 1),
  'console.requests': atMost(8, 8),
  'console.nodes': atMost(1500, 1500),
  'console.first-rows': atMost(1500, 1000),
  'console.long-tasks': atMost(0, 0),
  'console.cpu': atMost(15, 10),
  'console.heap': atMost(10, 5),
  'fleet.start-5000': atMost(1.5, 1.15),
  'fleet.memory': atMost(2, 1.3),
  'fleet.cpu-growth': atMost(1.2, 1),
  'fleet.statements': atMost(60, 12),
  'ingest.small': atLeast(0.5, 0.75),
  'ingest.large': atLeast(0.8, 0.95),
  'metrics.loop': atMost(20, 10),
  'readings.vibration': atLeast(0.35, 0.6),
  'readings.temperatures': atLeast(0.5, 0.75),
  'readings.latency': atMost(5, 2),
  'storm.latency': atMost(5, 2),
};

const TOO_CLOSE = 0.05;

/** Whether a value is so near its bar that noise may have decided. */
export function isTooCloseToCall(id: string, value: number): boolean {
  const bar = BARS[id];
  return bar !== undefined && Math.abs(value - bar.bar) <= TOO_CLOSE;
}

/** The verdict on a value, in words; empty without a bar. */
export function verdict(id: string, value: number): string {
  const bar = BARS[id];
  if (!bar) return '';
  const reaches = (limit: number): boolean => (bar.kind === 'at least' ? value >= limit : value <= limit);
  if (reaches(bar.aim)) return 'met, and the aim';
  return reaches(bar.bar) ? 'met' : 'NOT met';
}
