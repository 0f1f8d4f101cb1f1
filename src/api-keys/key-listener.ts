import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { DatabaseClient } from '../database/database-client';
import { VerifiedKeys } from './verified-keys';

const CHANNEL = 'gateway_hub_keys';
const RETRY_MS = 500;
/** Idle time until TCP keep-alive probes begin: a connection that is lost silently would hide revocations. */
const NOTICE_LOSS_MS = 3000;

/**
 * Keeps the keys in memory up to date: the database announces each change on a connection of its own, so nothing is polled. While that
 * connection is lost, the keys stay as they are; when it is back, all of them are read before anything else.
 */
@Injectable()
export class KeyListener implements OnModuleDestroy {
  private client: DatabaseClient | null = null;
  private readonly stopping = new AbortController();

  constructor(
    private readonly config: Config,
    private readonly keys: VerifiedKeys,
    @InjectPinoLogger(KeyListener.name) private readonly logger: PinoLogger,
  ) {}

  /** Listens, then reads all keys. Rejects if the database does not answer. */
  async start(): Promise<void> {
    const { databaseAddress, env } = this.config;
    const client = new DatabaseClient({
      address: databaseAddress,
      applicationName: 'gateway-hub keys',
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      keepAliveAfterMs: NOTICE_LOSS_MS,
    });
    const ended = new AbortController();
    client.on('end', () => {
      ended.abort(new Error('the connection was lost'));
      if (client === this.client) void this.restart();
    });
    client.on('notification', ({ payload = '' }) => {
      // A change that cannot be read is a lost one: the next connection reads all keys.
      this.keys.refresh(payload).catch(() => hangUp(client));
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`); // Before the keys are read, so that no change is missed.
      await this.keys.reload();
      ended.signal.throwIfAborted();
      this.client = client;
    } catch (error) {
      hangUp(client);
      throw error;
    }
    if (this.stopping.signal.aborted) this.onModuleDestroy();
  }

  onModuleDestroy(): void {
    this.stopping.abort();
    const { client } = this;
    this.client = null;
    if (client) hangUp(client);
  }

  private async restart(): Promise<void> {
    this.client = null;
    this.logger.warn('the connection that announces changes of keys is lost: keys stay as they are until it is back');
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.start();
        this.logger.info('changes of keys are announced again');
        return;
      } catch {
        await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

function hangUp(client: DatabaseClient): void {
  void client.end().catch(() => undefined);
}
