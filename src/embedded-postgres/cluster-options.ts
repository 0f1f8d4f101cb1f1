import type { Binaries } from './binaries';
import type { RunAs } from './run-as';

/** A directory of databases, and the password of its only user. */
export interface Cluster {
  directory: string;
  password: string;
}

export interface ClusterOptions {
  /** Directory of the cluster. It may be missing, but its parent must exist. */
  directory: string;
  binaries: Binaries;
  runAs: RunAs;
  /** File that the output of initdb is appended to. */
  log: string;
  /** Creates a new cluster without syncing it to disk. */
  ephemeral: boolean;
}
