import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class PartitionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes the partitions of these days that do not exist yet. @param days `yyyy-mm-dd` @returns how many it made */
  async make(days: readonly string[]): Promise<number> {
    const [row] = await this.dataSource.query<[{ made: number }]>(
      'SELECT make_reading_partitions($1::date[]) AS made',
      [days],
    );
    return row.made;
  }
}
