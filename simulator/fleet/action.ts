import type { z } from 'zod';
import type { SimulatedFleet } from '../simulated-fleet';
import type { SimulatedGateway } from '../simulated-gateway';

/**
 * Acts on a gateway of a fleet; `body` holds the arguments as received over HTTP.
 * @throws z.ZodError if they are invalid, RangeError if they name something that is not there
 */
export type FleetAction = (gateway: SimulatedGateway, body: unknown, fleet: SimulatedFleet) => void | Promise<void>;

export function action<T>(
  schema: z.ZodType<T>,
  act: (gateway: SimulatedGateway, args: T, fleet: SimulatedFleet) => void | Promise<void>,
): FleetAction {
  return (gateway, body, fleet) => act(gateway, schema.parse(body), fleet);
}
