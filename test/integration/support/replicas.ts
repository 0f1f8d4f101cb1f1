import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent';
import { Config } from '../../../src/config/config';
import { Ownership } from '../../../src/ownership/ownership';
import { OwnershipConnection } from '../../../src/ownership/ownership-connection';
import { OwnershipModule } from '../../../src/ownership/ownership.module';
import { Peers } from '../../../src/ownership/peers';
import type { PeerAnswer, PeerHandlers } from '../../../src/ownership/peers';
import { TIMING } from '../../../src/ownership/protocol/timing';
import type { Timing } from '../../../src/ownership/protocol/timing';
import { ReplicaTables } from '../../../src/ownership/replica-tables';
import { SharedOwnership } from '../../../src/ownership/shared-ownership';
import { start } from '../../support/create-app';
import type { Variables } from '../../support/create-app';
import type { TestDatabase } from '../../support/database';
import { silentLogger } from '../../unit-support/silent-logger';

/** The real times, which a busy machine can keep, but quick to look and to join. */
const TIMES: Timing = { ...TIMING, lookMs: 400, settleMs: 500 };

/** Replicas of one process reach each other by a call. */
export class Neighbours extends Peers {
  static readonly all = new Map<string, PeerHandlers>();

  constructor(private readonly id: string) {
    super();
  }

  serve(handlers: PeerHandlers): void {
    Neighbours.all.set(this.id, handlers);
  }

  ask(replicaId: string): Promise<PeerAnswer | null> {
    return Promise.resolve(Neighbours.all.get(replicaId)?.answer(this.id) ?? null);
  }

  tellEnded(replicaId: string): void {
    Neighbours.all.get(replicaId)?.told();
  }

  nudge(): void {
    for (const [id, handlers] of Neighbours.all) if (id !== this.id) handlers.nudged();
  }
}

/** A service that shares the gateways of a database with others in this process. */
export interface RunningReplica {
  readonly id: string;
  readonly app: NestFastifyApplication;
  readonly http: TestAgent;
  readonly ownership: SharedOwnership;
  /** Makes all statements of the ownership protocol fail. @returns a function that ends this */
  cutOff(): () => void;
}

/** Starts a service of this name. Close its `app`. */
export async function startReplica(
  database: TestDatabase,
  name: string,
  variables: Variables = {},
): Promise<RunningReplica> {
  const id = randomUUID();
  shareOwnership(id);
  const app = await start(database, { REPLICA_NAME: name, DATABASE_POOL_SIZE: '3', ...variables });
  const ownership = app.get<Ownership, SharedOwnership>(Ownership, { strict: false });
  const connection = app.get(OwnershipConnection, { strict: false });
  return {
    ...{ id, app, ownership },
    http: supertest.agent(await app.getUrl()),
    cutOff: () => {
      const query = jest.spyOn(connection, 'query').mockRejectedValue(new Error('cut off'));
      return () => query.mockRestore();
    },
  };
}

/** The next application is a replica with this id, which needs no bus. */
function shareOwnership(id: string): void {
  const providers = Reflect.getMetadata('providers', OwnershipModule) as { provide?: unknown }[];
  const shared = {
    provide: Ownership,
    inject: [Config, OwnershipConnection, ReplicaTables],
    useFactory: (config: Config, connection: OwnershipConnection, tables: ReplicaTables) =>
      new SharedOwnership(config, connection, tables, new Neighbours(id), silentLogger(), { id, timing: TIMES }),
  };
  const others = providers.filter(({ provide }) => provide !== Ownership);
  Reflect.defineMetadata('providers', [...others, shared], OwnershipModule);
}
