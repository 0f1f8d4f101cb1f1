import type { GatewayNews } from '../status/connection.registry';
import type { StateChange } from '../status/state-change';

/** What the stream tells, in one order: changes of state, and news of the gateways themselves. */
export type FleetEvent = StateChange | GatewayNews;

export function isNews(event: FleetEvent): event is GatewayNews {
  return 'what' in event;
}
