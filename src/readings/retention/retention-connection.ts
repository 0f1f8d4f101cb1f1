import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config';
import { DatabaseClient } from '../../database/database-client';

/** No statement takes as long by far; it ends one that a slow disk holds up. */
const STATEMENT_TIMEOUT_MS = 120_000;

/** What sends the statements of a clean-up. */
export interface Connection {
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** An open connection. */
export interface OpenConnection extends Connection {
  /** Ends it; a statement under way fails. Never rejects. */
  close(): Promise<void>;
}

/** Opens connections whose statements may take longer than requests, beside the pool. */
@Injectable()
export class RetentionConnections {
  constructor(private readonly config: Config) {}

  async open(): Promise<OpenConnection> {
    const { databaseAddress, env } = this.config;
    const client = new DatabaseClient({
      address: databaseAddress,
      applicationName: 'gateway-hub retention',
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      silenceTimeoutMs: 2 * STATEMENT_TIMEOUT_MS,
      idleInTransactionTimeoutMs: STATEMENT_TIMEOUT_MS,
    });
    await client.connect();
    return {
      query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
        (await client.query<Row>(sql, [...values])).rows,
      close: () => client.end().catch(() => undefined),
    };
  }
}
