import { z } from 'zod';
import { optionalText, requiredText } from '../http/contract/fields';
import { createZodDto } from '../http/contract/zod-dto';
import { SUPPORTS } from './severity-limit.entity';
import type { Limits, LimitsTable } from './severity-limits.repository';

const MOST_LIMITS = 100;

export const standardName = requiredText(100).meta({ example: 'ISO 20816-3' });
export const machineGroup = requiredText(50).meta({
  description: 'Group of machines, as the standard calls it',
  example: '1',
});
export const support = z.enum(SUPPORTS).meta({ description: 'How the machine stands on its foundation' });

/** @param boundary velocity RMS in mm/s */
const boundariesOf = (boundary: z.ZodNumber) => ({
  ab: boundary.meta({ description: 'Upper limit of zone A', example: 2.3 }),
  bc: boundary.meta({ description: 'Upper limit of zone B', example: 4.5 }),
  cd: boundary.meta({ description: 'Upper limit of zone C', example: 7.1 }),
});

const limits = z
  .object({
    standard: standardName,
    group: machineGroup,
    support,
    boundaries_mm_s: z
      .object(boundariesOf(z.number()))
      .meta({ description: 'RMS of the velocity from 10 to 1,000 Hz' }),
    note: z.string().nullable(),
  })
  .meta({ id: 'SeverityLimits' });

export class SeverityLimitsDto extends createZodDto(
  z.object({ data: z.array(limits) }).meta({ id: 'SeverityLimitsTable' }),
) {}

const newLimits = z.strictObject({
  standard: standardName,
  group: machineGroup,
  support,
  boundaries_mm_s: z
    .strictObject(boundariesOf(z.number().min(0.001).max(1e6)))
    .refine(({ ab, bc, cd }) => ab < bc && bc < cd, 'must increase from ab to cd'),
  note: optionalText(500).default(null).meta({ description: 'Where the values come from, and what to know of them' }),
});

export class ReplaceSeverityLimitsDto extends createZodDto(
  z.strictObject({
    data: z
      .array(newLimits)
      .min(1)
      .max(MOST_LIMITS)
      .refine(
        (rows) =>
          new Set(rows.map((row) => JSON.stringify([row.standard, row.group, row.support]))).size === rows.length,
        'must not name a standard, group and support twice',
      ),
  }),
) {}

export function toLimits({ data }: ReplaceSeverityLimitsDto): Limits[] {
  return data.map(({ group, boundaries_mm_s: { ab, bc, cd }, ...row }) => ({
    ...{ standard: row.standard, machineGroup: group, support: row.support, note: row.note },
    ...{ boundaryAb: ab, boundaryBc: bc, boundaryCd: cd },
  }));
}

export function toSeverityLimitsDto({ limits: rows }: LimitsTable): SeverityLimitsDto {
  return { data: rows.map(toLimitsDto) };
}

export const severityLimits = limits;

export function toLimitsDto(row: Limits): z.output<typeof limits> {
  const { standard, machineGroup: group, support: on, note } = row;
  const bounds = { ab: row.boundaryAb, bc: row.boundaryBc, cd: row.boundaryCd };
  return { standard, group, support: on, boundaries_mm_s: bounds, note };
}
