import { Injectable } from '@nestjs/common';
import { NotReadyError } from './status.errors';

/** Whether this process runs the sessions of all gateways assigned to it, so that the registry knows them. Set by the supervisor. */
@Injectable()
export class Readiness {
  isReady = false;

  /** @throws NotReadyError */
  require(): void {
    if (!this.isReady) throw new NotReadyError();
  }
}
