import { z } from 'zod';
import type { LogCodec } from '../bus/replica-bus';
import { readGateway, toWireGateway } from '../status/wire-record';
import { changeCodec } from './change-codec';
import { isNews } from './fleet-event';
import type { FleetEvent } from './fleet-event';

const envelope = z.object({
  what: z.enum(['created', 'updated', 'deleted']),
  gateway: z.unknown(),
  previous: z.unknown(),
});

/** What the stream of the fleet tells, as replicas tell each other. */
export const fleetEventCodec: LogCodec<FleetEvent> = {
  encode: (event) => {
    if (!isNews(event)) return changeCodec.encode(event);
    const { what, gateway, previous } = event;
    return { what, gateway: toWireGateway(gateway), previous: previous && toWireGateway(previous) };
  },
  decode: (message) => {
    const { success, data } = envelope.safeParse(message);
    if (!success) return changeCodec.decode(message);
    const gateway = readGateway(data.gateway);
    return gateway && { what: data.what, gateway, previous: readGateway(data.previous) };
  },
};
