import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { atMost } from '../common/at-most';
import { Config } from '../config/config';
import { CredentialCipher } from '../crypto/credential-cipher';
import { CryptoModule } from '../crypto/crypto.module';
import { openDataSource } from './data-source';
import { DatabaseProbe } from '../database/database-probe';
import { migrate } from './migrate';
import { PoolFigures } from '../database/pool-figures';

const CLOSE_MS = 2000;

/** Provides the application's pooled data source. It is migrated, opened and bound to the cipher before it is injected. */
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
    PoolFigures,
  ],
  exports: [DataSource, DatabaseProbe, PoolFigures],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs in the last shutdown hook, when the data source is no longer used. */
  async onApplicationShutdown(): Promise<void> {
    // `destroy` waits for running statements, which do not finish if the database is gone.
    if (this.dataSource.isInitialized) await atMost(CLOSE_MS, this.dataSource.destroy());
  }
}
