import { Module } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Config } from '../config/config';
import { FreezeWatch } from './freeze-watch';
import { Ownership } from './ownership';
import { OwnershipConnection } from './ownership-connection';
import { Peers } from './peers';
import { PeersOnBus } from './peers-on-bus';
import { ReplicaTables } from './replica-tables';
import { SessionLock } from './session-lock';
import { SharedOwnership } from './shared-ownership';
import { SoleOwnership } from './sole-ownership';

/** One service has every gateway, or with `NATS_URL` replicas share them. */
@Module({
  providers: [
    FreezeWatch,
    SessionLock,
    OwnershipConnection,
    ReplicaTables,
    { provide: Peers, useClass: PeersOnBus },
    {
      provide: Ownership,
      inject: [Config, ModuleRef],
      useFactory: ({ env }: Config, module: ModuleRef): Promise<Ownership> =>
        env.NATS_URL === undefined ? module.create(SoleOwnership) : module.create(SharedOwnership),
    },
  ],
  exports: [Ownership],
})
export class OwnershipModule {}
