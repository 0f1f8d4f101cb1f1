import { RequestDurations } from '../../src/metrics/request-durations';

/** Processor time of counting one request for the metrics, in microseconds. */
export function cpuOfCounting(requests: number): number {
  const durations = new RequestDurations();
  const route = { url: '/api/gateways/:id/status', method: 'GET' };
  const count = (times: number): void => {
    for (let index = 0; index < times; index += 1) {
      durations.note({ route, method: 'GET', status: 200, ms: index % 100 });
    }
  };
  count(requests); // Compiles it.
  const before = process.cpuUsage();
  count(requests);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests;
}
