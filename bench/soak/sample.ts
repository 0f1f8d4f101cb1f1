import type { ApiReport } from '../../test/support/api-watch';
import { openDescriptors, residentMb } from '../../test/support/process-figures';
import type { ServiceProcess } from '../../test/support/service-process';
import type { Inside } from './probe';

/** What the service holds at one moment, and its API latency since the previous sample. */
export interface Sample extends Inside {
  readonly hours: number;
  readonly residentMb: number;
  readonly descriptors: number;
  readonly connected: number;
  readonly apiP99Ms: number;
}

export async function takeSample(service: ServiceProcess, startedAt: number, { p99Ms }: ApiReport): Promise<Sample> {
  return {
    hours: (performance.now() - startedAt) / 3_600_000,
    residentMb: residentMb(service.pid),
    descriptors: openDescriptors(service.pid),
    connected: await service.count('connected'),
    apiP99Ms: p99Ms,
    ...((await service.program.ask('inside')) as Inside),
  };
}

const COLUMNS: readonly [title: string, digits: number, read: (sample: Sample) => number][] = [
  ['minutes', 1, ({ hours }) => 60 * hours],
  ['resident MB', 1, (sample) => sample.residentMb],
  ['heap MB', 1, (sample) => sample.heapMb],
  ['loop p50', 1, (sample) => sample.loopP50Ms],
  ['p99', 1, (sample) => sample.loopP99Ms],
  ['max ms', 1, (sample) => sample.loopMaxMs],
  ['sockets', 0, (sample) => sample.sockets],
  ['timers', 0, (sample) => sample.timers],
  ['descriptors', 0, (sample) => sample.descriptors],
  ['connected', 0, (sample) => sample.connected],
  ['API p99 ms', 1, (sample) => sample.apiP99Ms],
];

export const HEADER = COLUMNS.map(([title]) => title).join('  ');

export function line(sample: Sample): string {
  return COLUMNS.map(([title, digits, read]) => read(sample).toFixed(digits).padStart(title.length)).join('  ');
}
