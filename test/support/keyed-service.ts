import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import supertest from 'supertest';
import type { Test } from 'supertest';
import { generateKey } from '../../src/common/api-key-format';
import { createDatabase } from './database';
import type { TestDatabase } from './database';
import { start } from './create-app';
import type { Variables } from './create-app';

type Method = 'get' | 'post' | 'put' | 'delete';

/** A service that asks for keys, with an admin key of the whole installation. Several can share a database. */
export class KeyedService {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly database: TestDatabase,
    readonly admin: string,
  ) {}

  static async start(variables: Variables = {}): Promise<KeyedService> {
    return KeyedService.on(await createDatabase(), generateKey(), variables);
  }

  /** @param admin stored by the first service of the database */
  static async on(database: TestDatabase, admin: string, variables: Variables = {}): Promise<KeyedService> {
    const app = await start(database, { AUTH: 'keys', RATE_LIMIT_FACTOR: '0', BOOTSTRAP_API_KEY: admin, ...variables });
    return new KeyedService(app, await app.getUrl(), database, admin);
  }

  /** A second service on the same database. */
  another(variables: Variables = {}): Promise<KeyedService> {
    return KeyedService.on(this.database, this.admin, variables);
  }

  /** A request with a key, by default that of the admin; null sends none. */
  send(method: Method, path: string, key: string | null = this.admin): Test {
    const request = supertest(this.url)[method](path);
    return key === null ? request : request.set('authorization', `Bearer ${key}`);
  }

  get(path: string, key?: string | null): Test {
    return this.send('get', path, key);
  }

  /** Makes a key. */
  async make(body: object, by?: string): Promise<Made> {
    return (
      await this.send('post', '/api/keys', by)
        .send({ name: 'k', ...body })
        .expect(201)
    ).body as Made;
  }

  async organization(name = 'Acme'): Promise<string> {
    const { body } = (await this.send('post', '/api/organizations').send({ name }).expect(201)) as { body: unknown };
    return (body as { id: string }).id;
  }

  async factory(organizationId: string): Promise<string> {
    const { body } = (await this.send('post', '/api/factories')
      .send({ organization_id: organizationId, name: 'Springfield' })
      .expect(201)) as { body: unknown };
    return (body as { id: string }).id;
  }

  async stop(): Promise<void> {
    await this.app.close();
  }

  /** Stops the service and drops its database. */
  async close(): Promise<void> {
    await this.stop();
    await this.database.drop();
  }
}

export interface Made {
  readonly id: string;
  readonly secret: string;
  readonly prefix: string;
}
