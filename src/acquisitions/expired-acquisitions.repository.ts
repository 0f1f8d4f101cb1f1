import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { firstIdSql } from '../database/sql/first-id.sql';
import { Acquisition } from './acquisition.entity';
import { OPEN_STATES } from './acquisition.machine';

const OPEN = OPEN_STATES.map((state) => `'${state}'`).join(', ');

/** Acquisitions that are kept no longer. Their ids begin with the time of the order. */
@Injectable()
export class ExpiredAcquisitionsRepository {
  constructor(@InjectRepository(Acquisition) private readonly repository: Repository<Acquisition>) {}

  /**
   * Deletes the oldest acquisitions that were ordered more than `keepDays` days ago and have ended. Also deletes open ones of deleted gateways,
   * which will not end.
   * @param maxRows of those that have ended
   * @returns how many were deleted
   */
  async deleteOlderThan(keepDays: number, maxRows: number): Promise<number> {
    const limit = firstIdSql(`now() - $1::float8 * interval '24 hours'`);
    const [, deleted] = await this.repository.query<[unknown[], number]>(
      `DELETE FROM acquisitions WHERE id = ANY (
         ARRAY(SELECT id FROM acquisitions WHERE id < ${limit} AND state NOT IN (${OPEN}) ORDER BY id LIMIT $2)
         || ARRAY(SELECT "row".id FROM acquisitions AS "row" JOIN gateways ON gateways.id = "row".gateway_id
                  WHERE "row".id < ${limit} AND "row".state IN (${OPEN}) AND gateways.deleted_at IS NOT NULL))`,
      [keepDays, maxRows],
    );
    return deleted;
  }

  /** How many days ago the oldest one that has ended was ordered; null if there is none. */
  async findOldestAgeDays(): Promise<number | null> {
    const [oldest] = await this.repository.query<{ days: number }[]>(
      `SELECT (EXTRACT(EPOCH FROM now() - created_at) / 86400)::float8 AS days FROM acquisitions
       WHERE state NOT IN (${OPEN}) ORDER BY id LIMIT 1`,
    );
    return oldest?.days ?? null;
  }
}
