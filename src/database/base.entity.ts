import { Column, DeleteDateColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { Metadata } from '../common/metadata';

/** Common columns: a key, free-form metadata, and times that the database sets. */
export abstract class BaseEntity {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Metadata;

  @Column({ type: 'timestamptz', default: () => 'now()', insert: false, update: false })
  createdAt!: Date;

  // Set by a trigger, and only when a column changes that users can change: refreshing `last_seen_at` is not an update.
  @Column({ type: 'timestamptz', default: () => 'now()', insert: false, update: false })
  updatedAt!: Date;

  /** Incremented by every change that users make, in a trigger. */
  @Column({ type: 'integer', default: 1, insert: false, update: false })
  revision!: number;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

/**
 * The collation of every name: byte order. It makes paging the same on every server, in SQL and in memory,
 * and indexes on names survive an upgrade of the operating system's locale data.
 */
export const NAME_COLLATION = 'C';

/**
 * A collation that a migration creates: natural and case-insensitive, so that gw-2 precedes GW-10. It is deterministic: names that
 * differ only in case are ordered by their bytes.
 */
export const NATURAL_COLLATION = 'natural_ci';
