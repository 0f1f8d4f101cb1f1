import { Injectable } from '@nestjs/common';
import { NotReadyError } from './status.errors';

/** Whether this process holds every session, so that the registry is complete. Set by the supervisor. */
@Injectable()
export class Readiness {
  isReady = false;

  /** @throws NotReadyError */
  require(): void {
    if (!this.isReady) throw new NotReadyError();
  }
}
