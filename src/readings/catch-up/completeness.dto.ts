import { z } from 'zod';
import { id, timestamp } from '../../http/contract/fields';
import { createZodDto } from '../../http/contract/zod-dto';
import { READING_KINDS } from '../reading';
import type { Backfill } from './backfill.entity';
import { BACKFILL_STATES } from './backfill.entity';
import type { NewBackfill } from './backfills.repository';
import type { GapRow } from './completeness.repository';
import type { Completeness, Statement } from './completeness.service';

const STATEMENTS = ['complete', 'catching_up', 'gaps', 'unknown'] as const;

const kind = z.enum(READING_KINDS);
const day = z.iso.date().meta({ description: 'A date of the gateway, in its time zone', example: '2026-03-01' });
const serial = z.int().min(1).meta({ example: 30000033 });

const statement = z.enum(STATEMENTS).meta({
  description:
    '`complete`: all that the gateway held at `verified_through` is stored. `gaps`: the same, but for open gaps. `catching_up`: the ' +
    'gateway is being asked, or soon will be. `unknown`: it is not connected, or was not asked since it connected',
});
const verifiedThrough = timestamp.nullable().meta({
  description:
    'Until when everything that the gateway held is known to be stored, gaps apart; null if that was never verified',
});

const kindCompleteness = z.object({
  kind,
  statement,
  verified_through: verifiedThrough,
  known: z.int().meta({ description: 'Numbered records that are stored', example: 480 }),
  missing: z.array(z.object({ from_id: z.int(), to_id: z.int() })).meta({
    description:
      'Record numbers that are still looked for, newest first, at most 100 ranges; only if the gateway numbers all its records together',
  }),
  gaps: z.int().meta({ description: 'Open gaps: see the gaps of the gateway', example: 0 }),
  oldest_at_gateway: day
    .nullable()
    .meta({ description: 'The oldest day of which the gateway has sent a record of its history' }),
  id_scope: z.enum(['unknown', 'gateway', 'sensor', 'none']).meta({
    description:
      'What record numbers count, as far as the records show: all of the gateway, each sensor, or nothing useful',
  }),
  eras: z
    .int()
    .meta({ description: 'How often the gateway has begun to number its records, from what is stored', example: 1 }),
  catching_up: z
    .object({ done: z.int(), left: z.int() })
    .nullable()
    .meta({ description: 'Questions that were answered and that are open; each may lead to others' }),
});

const zoneCorrection = z
  .object({
    zone: z.string().meta({ description: 'The time zone of the clock now', example: 'Europe/Madrid' }),
    ordered_at: timestamp.meta({ description: 'When the zone was changed' }),
    corrected: z.int().meta({ description: 'Readings that have another time now', example: 12000 }),
    done_from: day.nullable().meta({ description: 'Readings of this day and later ones are done; null: none yet' }),
  })
  .nullable()
  .meta({
    description:
      'The zone of the clock was changed, and the times of the stored readings are being computed anew, newest days first. Null: all ' +
      'times are in the zone of the clock',
  });

const completeness = z
  .object({ gateway_id: id, kinds: z.array(kindCompleteness), zone_correction: zoneCorrection, as_of: timestamp })
  .meta({ id: 'Completeness' });

export class CompletenessDto extends createZodDto(completeness) {}

const factoryCompleteness = z
  .object({
    factory_id: id,
    statement: statement.meta({
      description: 'The worst of all: `gaps`, then `unknown`, then `catching_up`, then `complete`',
    }),
    gateways: z.array(
      z.object({
        gateway_id: id,
        name: z.string(),
        kinds: z.array(z.object({ kind, statement, verified_through: verifiedThrough, gaps: z.int() })),
        zone_correction: zoneCorrection,
      }),
    ),
    as_of: timestamp,
  })
  .meta({ id: 'FactoryCompleteness' });

export class FactoryCompletenessDto extends createZodDto(factoryCompleteness) {}

const gap = z.object({
  id,
  sensor_id: id,
  serial,
  kind,
  from: day,
  to: day.meta({ description: 'The last day of the gap' }),
  reason: z.enum(['not_at_gateway', 'too_dense', 'unreadable', 'answer_missing']).meta({
    description:
      '`not_at_gateway`: the gateway had dropped records before they were fetched. `too_dense`: more records of a day than it returns. ' +
      '`unreadable`: some could not be read. `answer_missing`: it did not answer',
  }),
  state: z.enum(['open', 'accepted']),
  created_at: timestamp,
  updated_at: timestamp,
});

export class GapListDto extends createZodDto(
  z.object({ items: z.array(gap).meta({ description: 'Newest days first, at most 1,000' }) }).meta({ id: 'GapList' }),
) {}

export class CreateBackfillDto extends createZodDto(
  z
    .strictObject({
      kinds: z.array(kind).min(1).max(3).optional().meta({ description: 'All by default' }),
      from: day,
      to: day.meta({ description: 'The last day, included' }),
      serials: z.array(serial).max(1000).optional().meta({ description: 'Sensors of the gateway; all by default' }),
    })
    .refine(({ from, to }) => from <= to, { message: 'must not be before from', path: ['to'] })
    .meta({ id: 'CreateBackfill', example: { from: '2026-03-01', to: '2026-03-07' } }),
) {}

const backfill = z
  .object({
    id,
    gateway_id: id,
    kinds: z.array(kind),
    from: day,
    to: day,
    serials: z.array(serial),
    state: z.enum(BACKFILL_STATES).meta({ description: '`queued` until the gateway is connected and has time' }),
    requests: z.int().meta({ description: 'Pages received' }),
    records: z.int().meta({ description: 'Records received' }),
    added: z.int().meta({ description: 'Of them, those that were not stored before' }),
    created_at: timestamp,
    ended_at: timestamp.nullable(),
  })
  .meta({ id: 'Backfill' });

export class BackfillDto extends createZodDto(backfill) {}

export function toCompletenessDto(gatewayId: string, kinds: readonly Completeness[]): CompletenessDto {
  return {
    gateway_id: gatewayId,
    kinds: kinds.map((one) => ({
      kind: one.kind,
      statement: one.statement,
      verified_through: one.verifiedThrough?.toISOString() ?? null,
      known: one.known,
      missing: one.missing.map(({ from, to }) => ({ from_id: from, to_id: to })),
      gaps: one.gaps,
      oldest_at_gateway: one.oldestDay,
      id_scope: one.idScope,
      eras: one.eras,
      catching_up: one.catchingUp && { ...one.catchingUp },
    })),
    zone_correction: toZoneCorrection(kinds[0]),
    as_of: new Date().toISOString(),
  };
}

const WORST_FIRST: readonly Statement[] = ['gaps', 'unknown', 'catching_up', 'complete'];

export function toFactoryCompletenessDto(factoryId: string, all: readonly Completeness[]): FactoryCompletenessDto {
  const byGateway = new Map<string, Completeness[]>();
  for (const one of all) byGateway.set(one.gatewayId, [...(byGateway.get(one.gatewayId) ?? []), one]);
  return {
    factory_id: factoryId,
    statement: WORST_FIRST.find((worst) => all.some((one) => one.statement === worst)) ?? 'complete',
    gateways: [...byGateway].map(([gatewayId, kinds]) => ({
      gateway_id: gatewayId,
      name: kinds[0]?.name ?? '',
      kinds: kinds.map(({ kind: of, statement: says, verifiedThrough: at, gaps }) => ({
        ...{ kind: of, statement: says, gaps },
        verified_through: at?.toISOString() ?? null,
      })),
      zone_correction: toZoneCorrection(kinds[0]),
    })),
    as_of: new Date().toISOString(),
  };
}

/** @param one of the kinds of a gateway */
function toZoneCorrection(one: Completeness | undefined): CompletenessDto['zone_correction'] {
  if (!one?.zoneCorrection) return null;
  const { zone, orderedAt, corrected, doneFrom } = one.zoneCorrection;
  return { zone, ordered_at: new Date(orderedAt).toISOString(), corrected, done_from: doneFrom };
}

export function toGapListDto(gaps: readonly GapRow[]): GapListDto {
  return {
    items: gaps.map(({ id: gapId, sensorId, serial: of, kind: measured, fromDay, toDay, reason, state, ...at }) => ({
      ...{ id: gapId, sensor_id: sensorId, serial: of, kind: measured, from: fromDay, to: toDay, reason },
      state: state === 'accepted' ? 'accepted' : 'open',
      created_at: at.createdAt.toISOString(),
      updated_at: at.changedAt.toISOString(),
    })),
  };
}

export function toNewBackfill({ kinds = [...READING_KINDS], from, to, serials = [] }: CreateBackfillDto): NewBackfill {
  return { kinds: [...new Set(kinds)], fromDay: from, toDay: to, serials: [...new Set(serials)] };
}

export function toBackfillDto(order: Backfill): BackfillDto {
  const { id: orderId, gatewayId, kinds, fromDay, toDay, serials, state, requests, records, added } = order;
  return {
    ...{ id: orderId, gateway_id: gatewayId, kinds, from: fromDay, to: toDay, serials: serials.map(Number) },
    ...{ state, requests, records, added },
    created_at: order.createdAt.toISOString(),
    ended_at: order.endedAt?.toISOString() ?? null,
  };
}
