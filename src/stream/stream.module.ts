import { Module } from '@nestjs/common';
import { StatusModule } from '../status/status.module';
import { WhileHolding } from '../status/while-holding';
import { StreamLimits } from './stream-limits';
import { StreamsController } from './streams.controller';
import { StreamsService } from './streams.service';

@Module({
  imports: [StatusModule],
  controllers: [StreamsController],
  providers: [StreamLimits, StreamsService],
  exports: [StreamLimits, StreamsService],
})
export class StreamModule {
  constructor(holding: WhileHolding, streams: StreamsService) {
    holding.add({ stop: () => streams.endAll() });
  }
}
