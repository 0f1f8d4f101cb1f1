import { Global, Module } from '@nestjs/common';
import { InProcessBus } from './in-process.bus';
import { ReplicaBus } from './replica-bus';

/** Provides the bus. */
@Global()
@Module({
  providers: [{ provide: ReplicaBus, useClass: InProcessBus }],
  exports: [ReplicaBus],
})
export class BusModule {}
