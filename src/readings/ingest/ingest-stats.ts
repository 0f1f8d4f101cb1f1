import type { ReadingKind } from '../reading';

/** What the ingest has done and holds. Counts begin when this process begins to run the sessions. */
export interface IngestStats {
  /** Readings that wait in memory, and about what they take, in bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Records that the database has taken. */
  readonly stored: number;
  /** Readings of each kind that were let go, because neither memory nor the spool had room. */
  readonly dropped: Readonly<Record<ReadingKind, number>>;
  /** Records that could not be read, or that PostgreSQL refused. */
  readonly unreadable: number;
  /** Size of the spool on disk, in bytes. */
  readonly spoolBytes: number;
  /** Whether the last transaction failed. */
  readonly isStoringFailing: boolean;
}
