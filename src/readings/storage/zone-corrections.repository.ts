import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { advisoryLock } from '../../database/advisory-locks';
import { READING_KINDS } from '../reading';
import { correctChunkSql, findLatestSql } from './zone-chunk.sql';
import type { DayRange } from './partitions.repository';
import type { ReadingPlace, ZonePosition } from './zone-correction.entity';

/** Readings that are examined in one transaction, which holds up the writer of new readings. */
const CHUNK = 1000;

/** Before every reading. */
const BEGINNING: ReadingPlace = { sensorNumber: 0, era: 0, recordId: '-9223372036854775808', day: '0001-01-01' };

/** The last reading of a chunk. */
interface ChunkEnd extends ReadingPlace {
  readonly corrected: number;
}

/** What became of a correction. `done`: all readings are in the zone of the clock. */
export type ZoneStep = 'continues' | 'done';

/** Computes the times of stored readings anew after the zone of a gateway's clock was changed. */
@Injectable()
export class ZoneCorrectionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Gateways with readings to be corrected, those that wait longest first. */
  async findGateways(): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT gateway_id AS id FROM zone_corrections ORDER BY ordered_at, gateway_id',
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Corrects the next readings of a gateway and notes how far it is, in one transaction. It takes turns with the writers of readings: one
   * that has begun with the zone before has committed by then, so that no reading is left out, and corrected readings get their
   * positions in the feed in the order of the commits. A change of the zone waits for the transaction, and then begins anew.
   * @param partitions newest first
   */
  advance(gatewayId: string, partitions: readonly DayRange[]): Promise<ZoneStep> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings'));
      const [correction] = await manager.query<{ position: ZonePosition | null }[]>(
        'SELECT position FROM zone_corrections WHERE gateway_id = $1 FOR UPDATE',
        [gatewayId],
      );
      if (!correction) return 'done';
      const position = correction.position ?? firstOf(partitions[0]);
      if (!position) return this.end(manager, gatewayId);
      const end = await this.correct(manager, gatewayId, position);
      const next = end ? { ...position, after: placeOf(end) } : nextOf(position, partitions);
      if (!next) return this.end(manager, gatewayId);
      await manager.query(
        'UPDATE zone_corrections SET position = $2::jsonb, corrected = corrected + $3 WHERE gateway_id = $1',
        [gatewayId, JSON.stringify(next), end?.corrected ?? 0],
      );
      return 'continues';
    });
  }

  /** @returns null if the partition has no more readings of this kind */
  private async correct(manager: EntityManager, gatewayId: string, position: ZonePosition): Promise<ChunkEnd | null> {
    const { from, to, kind, after } = position;
    const { sensorNumber, era, recordId, day } = after ?? BEGINNING;
    const [end] = await manager.query<ChunkEnd[]>(correctChunkSql(kind), [
      ...[gatewayId, from, to, sensorNumber, era, recordId, day],
      CHUNK,
    ]);
    if (end && end.corrected > 0) await manager.query(findLatestSql(kind), [end.sensorNumber]);
    return end ?? null;
  }

  private async end(manager: EntityManager, gatewayId: string): Promise<'done'> {
    await manager.query('DELETE FROM zone_corrections WHERE gateway_id = $1', [gatewayId]);
    return 'done';
  }
}

function placeOf({ sensorNumber, era, recordId, day }: ChunkEnd): ReadingPlace {
  return { sensorNumber, era, recordId, day };
}

/** The next kind of the partition, or the first kind of the one before it, which may have been dropped meanwhile; null at the end. */
function nextOf({ from, to, kind }: ZonePosition, partitions: readonly DayRange[]): ZonePosition | null {
  const next = READING_KINDS[READING_KINDS.indexOf(kind) + 1];
  if (next) return { from, to, kind: next, after: null };
  return firstOf(partitions.find((partition) => partition.from < from));
}

function firstOf(partition: DayRange | undefined): ZonePosition | null {
  const [kind] = READING_KINDS;
  return partition ? { from: partition.from, to: partition.to, kind, after: null } : null;
}
