import { Module } from '@nestjs/common';
import { FreezeWatch } from './freeze-watch';
import { Ownership } from './ownership';
import { SessionLock } from './session-lock';
import { SoleOwnership } from './sole-ownership';

@Module({
  providers: [FreezeWatch, SessionLock, { provide: Ownership, useClass: SoleOwnership }],
  exports: [Ownership],
})
export class OwnershipModule {}
