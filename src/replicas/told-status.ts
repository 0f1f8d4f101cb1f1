import { z } from 'zod';
import { momentOf } from '../common/clock';
import type { Moment } from '../common/clock';
import type { ObservedRecord } from '../status/connection-record';
import { readFigures, readRecord } from '../status/wire-record';
import type { Figures, WireFigures, WireRecord } from '../status/wire-record';

/** What the owner of a gateway posts under its id when its state or its row changes. */
export interface StatusMessage {
  readonly by: string;
  /** How often the ownership of the gateway had changed: of two owners, the later one has the greater number. */
  readonly epoch: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly record: WireRecord;
}

/** What changes all the time, of the gateways of one shard: posted regularly under `figures.<shard>`. */
export interface FiguresMessage {
  readonly by: string;
  readonly at: number;
  readonly gateways: Record<string, readonly [epoch: number, figures: WireFigures]>;
}

export const FIGURES = 'figures.';

/** What another replica has told of a connection. */
export interface Told {
  readonly by: string;
  readonly epoch: number;
  readonly record: ObservedRecord;
}

export interface ToldFigures {
  readonly by: string;
  readonly at: Moment;
  readonly gateways: readonly (readonly [id: string, epoch: number, figures: Figures])[];
}

const status = z.object({ by: z.string(), epoch: z.int(), at: z.number(), record: z.unknown() });
const figures = z.object({
  by: z.string(),
  at: z.number(),
  gateways: z.record(z.string(), z.tuple([z.int(), z.unknown()])),
});

/** Null for what this version cannot read. */
export function readStatus(message: unknown): Told | null {
  const { success, data } = status.safeParse(message);
  if (!success) return null;
  const record = readRecord(data.record, data.by, momentOf(new Date(data.at)));
  return record && { by: data.by, epoch: data.epoch, record };
}

/** Null for what this version cannot read. */
export function readAllFigures(message: unknown): ToldFigures | null {
  const { success, data } = figures.safeParse(message);
  if (!success) return null;
  const gateways = Object.entries(data.gateways).flatMap(([id, [epoch, each]]) => {
    const read = readFigures(each);
    return read ? [[id, epoch, read] as const] : [];
  });
  return { by: data.by, at: momentOf(new Date(data.at)), gateways };
}
