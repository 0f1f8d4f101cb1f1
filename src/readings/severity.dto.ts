import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { machineGroup, severityLimits, standardName, support, toLimitsDto } from '../severity/severity-limit.dto';
import type { Limits } from '../severity/severity-limits.repository';
import type { Machine } from '../severity/severity.service';
import { worstOf, zoneOf, ZONES } from '../severity/zone';
import type { Zone } from '../severity/zone';
import { AXES } from './reading';
import { idOf, readingId, velocityReasonOf, velocityReason } from './reading.dto';
import type { ReadingView } from './storage/reading-view';

export class SeverityQueryDto extends createZodDto(
  z.strictObject({ standard: standardName.prefault('ISO 20816-3'), group: machineGroup, support }),
) {}

const zone = z.enum(ZONES).nullable();
const axis = z
  .object({
    velocity_rms: z.number().nullable().meta({ description: 'In mm/s' }),
    zone,
    reason: velocityReason.nullable().meta({ description: 'Why there is no velocity, and so no zone' }),
  })
  .optional();

export class SeverityDto extends createZodDto(
  z
    .object({
      reading_id: readingId,
      zone: zone.meta({ description: 'That of the worst axis. Null if the velocity of an axis is unknown' }),
      axes: z.object({ x: axis, y: axis, z: axis }),
      limits: severityLimits,
    })
    .meta({ id: 'Severity' }),
) {}

export function toMachine({ standard, group, support: on }: SeverityQueryDto): Machine {
  return { standard, group, support: on };
}

export function toSeverityDto(reading: ReadingView, limits: Limits): SeverityDto {
  const { vibration } = reading;
  const found = AXES.flatMap((name) => {
    const figures = vibration?.axes[name];
    if (!figures) return [];
    const { velocityRms } = figures;
    const inZone: Zone | null = velocityRms === null ? null : zoneOf(velocityRms, limits);
    return [[name, { velocity_rms: velocityRms, zone: inZone, reason: velocityReasonOf(figures, vibration) }] as const];
  });
  return {
    reading_id: idOf(reading),
    zone: worstOf(found.map(([, { zone: each }]) => each)),
    axes: Object.fromEntries(found),
    limits: toLimitsDto(limits),
  };
}
