import { Injectable } from '@nestjs/common';
import { Peers } from './peers';

/** Without a transport, no peer answers: then sockets close soon after the database is lost. */
@Injectable()
export class NoPeers extends Peers {
  serve(): void {
    // Nobody can ask.
  }

  ask(): Promise<null> {
    return Promise.resolve(null);
  }

  tellEnded(): void {
    // The other finds it in the tables.
  }

  nudge(): void {
    // The others look soon anyway.
  }
}
