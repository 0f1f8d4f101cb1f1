import { connect, credsAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import type { PinoLogger } from 'nestjs-pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../../common/at-most';
import type { NatsSettings } from './nats-settings';

const CONNECT_TIMEOUT_MS = 2000;
const LAST_WORDS_MS = 1000;
const RECONNECT_MS = 250;
/** How often the server is asked for a sign of life. After two questions without an answer the connection counts as lost. */
const PING_MS = 1500;

/** Hears whether the server can be reached. */
export interface LinkListener {
  onUp(connection: NatsConnection): void;
  onDown(): void;
}

/** The connection to the NATS server. It is made in the background, and again for as long as it takes. */
export class NatsLink {
  private connection: NatsConnection | null = null;
  private isUp = false;
  private readonly leaving = new AbortController();

  constructor(
    private readonly settings: NatsSettings,
    private readonly listener: LinkListener,
    private readonly logger: PinoLogger,
  ) {}

  /** The connection while the server can be reached; otherwise null. */
  get present(): NatsConnection | null {
    return this.isUp ? this.connection : null;
  }

  start(): void {
    void this.connectAtLast();
  }

  /** Sends what waits, and closes the connection. Does not wait for a server that no longer answers. */
  async stop(): Promise<void> {
    this.leaving.abort();
    const connection = this.present;
    this.isUp = false;
    if (connection)
      await atMost(
        LAST_WORDS_MS,
        connection.drain().catch(() => undefined),
      );
    if (this.connection)
      await atMost(
        LAST_WORDS_MS,
        this.connection.close().catch(() => undefined),
      );
  }

  /** The client tries again by itself only once it has been connected. */
  private async connectAtLast(): Promise<void> {
    let isFirst = true;
    while (!this.leaving.signal.aborted) {
      try {
        const connection = await connect(optionsOf(this.settings));
        this.connection = connection;
        void this.watch(connection);
        this.up(connection);
        return;
      } catch (error) {
        if (isFirst) this.logger.warn({ err: error }, 'NATS cannot be reached, trying again');
        isFirst = false;
        await sleep(RECONNECT_MS, undefined, { signal: this.leaving.signal }).catch(() => undefined);
      }
    }
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' || type === 'staleConnection') this.down();
      if (type === 'reconnect') this.up(connection);
    }
  }

  private up(connection: NatsConnection): void {
    if (this.leaving.signal.aborted) return void connection.close(); // It was being made when this replica left.
    if (this.isUp) return;
    this.isUp = true;
    this.logger.info({ server: connection.getServer() }, 'connected to NATS');
    this.listener.onUp(connection);
  }

  private down(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.logger.warn('the connection to NATS is lost: other replicas are not heard until it is back');
    this.listener.onDown();
  }
}

function optionsOf({ servers, replicaId, token, credentials, tls }: NatsSettings): NodeConnectionOptions {
  return {
    servers: [...servers],
    name: replicaId,
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true, // A server that is being set up may refuse a login that it accepts later.
    reconnectTimeWait: RECONNECT_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(token !== undefined && { token }),
    ...(credentials !== undefined && { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(tls && { tls: { ...tls } }),
  };
}
