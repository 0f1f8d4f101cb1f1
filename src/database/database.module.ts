import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { atMost } from '../common/at-most';
import { Config } from '../config/config';
import { CredentialCipher } from '../crypto/credential-cipher';
import { CryptoModule } from '../crypto/crypto.module';
import { openDataSource } from './data-source';
import { DatabaseProbe } from './database-probe';
import { migrate } from './migrate';
import { SessionLock } from './session-lock';

const CLOSE_MS = 2000;

/** One pooled data source for the application: brought up to date, opened, and bound to the cipher before anybody gets it. */
@Global()
@Module({
  imports: [CryptoModule],
  providers: [
    {
      provide: DataSource,
      inject: [Config, CredentialCipher],
      useFactory: async (config: Config, cipher: CredentialCipher) => {
        await migrate(config);
        return openDataSource(config, cipher);
      },
    },
    DatabaseProbe,
    SessionLock,
  ],
  exports: [DataSource, DatabaseProbe, SessionLock],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  /** The last hook: by now nobody uses it any more. */
  async onApplicationShutdown(): Promise<void> {
    // It waits for statements that are under way, and a database that is gone answers none.
    if (this.dataSource.isInitialized) await atMost(CLOSE_MS, this.dataSource.destroy());
  }
}
