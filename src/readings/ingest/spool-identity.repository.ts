import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { DataSource } from 'typeorm';

/** Tells which database this is, whatever name and port it is reached by. */
@Injectable()
export class SpoolIdentityRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The name of the spool's folder: the same for every service on this database, and another one for every other database. */
  async find(): Promise<string> {
    const [row] = await this.dataSource.query<[{ identity: string }]>(
      `SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), oid, datname) AS identity
       FROM pg_database WHERE datname = current_database()`,
    );
    return createHash('sha256').update(row.identity).digest('hex').slice(0, 16);
  }
}
