import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Not collected: for each scrape they make a list of every open socket, and with 10,000 sessions that takes longer than everything else.
 */
const PER_SOCKET = [
  ...['process_open_fds', 'nodejs_active_resources', 'nodejs_active_resources_total', 'nodejs_active_handles'],
  ...['nodejs_active_handles_total', 'nodejs_active_requests', 'nodejs_active_requests_total'],
];

let registry: Registry | undefined;

/** The metrics of this process and of Node. Made once, because their observers cannot be removed. */
export function processMetrics(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of PER_SOCKET) registry.removeSingleMetric(name);
  return registry;
}
