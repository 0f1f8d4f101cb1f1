import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { SYSTEM } from '../common/actor';
import { Config } from '../config/config';
import { ApiKeysRepository } from './api-keys.repository';

/** Stores the first key of an installation. There is no page on which the first visitor could make one. */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly config: Config,
    private readonly keys: ApiKeysRepository,
    @InjectPinoLogger(Bootstrap.name) private readonly logger: PinoLogger,
  ) {}

  /** Stores `BOOTSTRAP_API_KEY` if there is no key, not even a revoked one. Logs how to make a key if there is still none. */
  async run(): Promise<void> {
    const { BOOTSTRAP_API_KEY: key } = this.config.env;
    if (key === undefined) {
      if (await this.keys.isEmpty()) {
        this.logger.warn('there is no API key, so every request is refused; make one with: npm run api-keys:create');
      }
      return;
    }
    const row = await this.keys.createFirst(SYSTEM, 'bootstrap', key);
    if (row)
      this.logger.info({ keyId: row.id, prefix: row.prefix }, 'stored BOOTSTRAP_API_KEY as the admin key bootstrap');
  }
}
