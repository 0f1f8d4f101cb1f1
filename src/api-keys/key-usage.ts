import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import { plainAddress } from '../common/client-address';
import { Outage } from '../database/outage';
import { WriteBehind } from '../database/write-behind';
import { ApiKeysRepository, MAX_LIVING_KEYS } from './api-keys.repository';
import type { KeyUse } from './api-keys.repository';
import type { VerifiedKey } from './verified-key';

const WRITE_EVERY_MS = 60_000;
const LAST_WRITE_MS = 1000;

/** Stores when keys were last used: all of them in one statement, at most once a minute, and none if no key was used. */
@Injectable()
export class KeyUsage implements BeforeApplicationShutdown {
  private used: VerifiedKey[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly writes: WriteBehind<string, KeyUse>;

  constructor(keys: ApiKeysRepository, @InjectPinoLogger(KeyUsage.name) logger: PinoLogger) {
    this.writes = new WriteBehind({
      batchSize: MAX_LIVING_KEYS,
      merge: (_, later) => later,
      store: async (batch) => {
        await keys.recordUses(batch);
        return [];
      },
      outage: new Outage((error) => logger.warn({ err: error }, 'uses of keys cannot be stored, keeping them')),
    });
  }

  /** @param now milliseconds since 1970 */
  note(key: VerifiedKey, now: number, address: string | undefined): void {
    if (key.usedAt === 0) this.used.push(key);
    key.usedAt = now;
    key.usedFrom = address;
    this.timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS).unref();
  }

  /** Stores the uses so far. Never rejects; what cannot be stored is tried again with the next ones. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const key of this.used) {
      this.writes.note(key.id, {
        at: new Date(key.usedAt),
        address: key.usedFrom === undefined ? null : plainAddress(key.usedFrom),
      });
      key.usedAt = 0;
    }
    this.used = [];
    return this.writes.flush();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await atMost(LAST_WRITE_MS, this.flush());
  }
}
