import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { poolOf } from './pooled-data-source';

/** Counts the connections of the pool. */
@Injectable()
export class PoolFigures {
  constructor(private readonly dataSource: DataSource) {}

  /** Connections that are used and idle, and callers that wait for one. */
  get current(): { readonly used: number; readonly idle: number; readonly waiting: number } {
    const { totalCount, idleCount, waitingCount } = poolOf(this.dataSource);
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }
}
