import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes } from 'node:crypto';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent';
import { createApp } from '../../src/app/create-app';
import { parseConfig } from '../../src/config/config';
import { HTTP_TIMES } from '../../src/http/edge/http-times';
import type { HttpTimes } from '../../src/http/edge/http-times';
import { createDatabase } from './database';
import type { TestDatabase } from './database';

/** Short, so that tests need not wait. All of them are settings of the service. */
export const FAST = {
  CONNECT_TIMEOUT_MS: '2000',
  LOGIN_TIMEOUT_MS: '1000',
  CLOSE_TIMEOUT_MS: '300',
  HEARTBEAT_INTERVAL_MS: '200',
  HEARTBEAT_TIMEOUT_MS: '2000', // Not shorter: on a busy machine, a gateway in the same process may be late itself.
  RECONNECT_MIN_MS: '50',
  RECONNECT_MAX_MS: '400',
  STABLE_AFTER_MS: '500',
  CONNECT_RATE_PER_SECOND: '1000',
  DATABASE_POOL_SIZE: '4', // Each connection takes PostgreSQL 20 ms of processor time.
  RATE_LIMIT_FACTOR: '0', // Tests send more requests a minute than one caller may.
};

export type Variables = Record<string, string>;

/** The whole application, over HTTP, with a database of its own. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly http: TestAgent;
  readonly url: string;
  readonly database: TestDatabase;
  /** Stops the service and starts it again on the same database. */
  restart(variables?: Variables): Promise<void>;
  /** Stops the service; the database stays. */
  stop(): Promise<void>;
  /** Stops the service and drops its database. */
  close(): Promise<void>;
}

const encryptionKey = randomBytes(32).toString('base64');

export async function startTestApp(variables: Variables = {}): Promise<TestApp> {
  const database = await createDatabase();
  let app = await start(database, variables);
  const running: Pick<TestApp, 'app' | 'http' | 'url'> & { isUp: boolean } = { ...(await describe(app)), isUp: true };
  const stop = async () => {
    if (!running.isUp) return;
    running.isUp = false;
    await app.close();
  };
  return Object.assign(running, {
    database,
    stop,
    restart: async (changes: Variables = {}) => {
      await stop();
      app = await start(database, { ...variables, ...changes });
      Object.assign(running, await describe(app), { isUp: true });
    },
    close: async () => {
      await stop();
      await database.drop();
    },
  });
}

/**
 * Starts a service on an existing database.
 * @param times how long clients may take
 */
export function start(
  database: TestDatabase,
  variables: Variables = {},
  times = HTTP_TIMES,
): Promise<NestFastifyApplication> {
  return listen(
    parseConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      ENCRYPTION_KEY: encryptionKey,
      DATABASE_URL: database.url,
      PORT: '0',
      ...FAST,
      ...variables,
    }),
    times,
  );
}

async function listen(config: ReturnType<typeof parseConfig>, times: HttpTimes): Promise<NestFastifyApplication> {
  const app = await createApp(config, times);
  await app.listen(config.env.PORT, '127.0.0.1');
  return app;
}

async function describe(app: NestFastifyApplication): Promise<Pick<TestApp, 'app' | 'http' | 'url'>> {
  const url = await app.getUrl();
  return { app, url, http: supertest.agent(url) };
}
