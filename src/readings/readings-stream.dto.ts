import { z } from 'zod';
import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import { id } from '../http/contract/fields';
import { lastEventId } from '../stream/stream-query.dto';
import type { Wants } from '../stream/event-stream';
import { createZodDto } from '../http/contract/zod-dto';
import { readingKind } from './reading.dto';
import type { StreamItem } from './readings-stream.service';

export class ReadingsStreamQueryDto extends createZodDto(
  z.strictObject({
    kind: readingKind.optional().meta({ description: 'Only readings of this kind' }),
    sensor_id: id.optional().meta({ description: 'Only readings of this sensor' }),
    gateway_id: id.optional().meta({ description: 'Only readings of sensors of this gateway (its UUID)' }),
    factory_id: id.optional().meta({ description: 'Only readings of sensors of gateways of this factory' }),
    lastEventId,
  }),
) {}

/** Keeps what is within reach and matches the query. */
export function toWantedReadings(reach: Reach, query: ReadingsStreamQueryDto): Wants<StreamItem> {
  const { kind, sensor_id, gateway_id, factory_id } = query;
  return ({ kind: itsKind, gatewayId, owner }) =>
    reaches(reach, owner.organizationId) &&
    (kind === undefined || kind === itsKind) &&
    (sensor_id === undefined || sensor_id === owner.sensorId) &&
    (gateway_id === undefined || gateway_id === gatewayId) &&
    (factory_id === undefined || factory_id === owner.factoryId);
}
