import { Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../config/config';
import { ApiKey } from './api-key.entity';
import { ApiKeysController } from './api-keys.controller';
import { ApiKeysRepository } from './api-keys.repository';
import { ApiKeysService } from './api-keys.service';
import { Bootstrap } from './bootstrap';
import { KeyAuthenticator } from './key-authenticator';
import { KeyListener } from './key-listener';
import { KeyUsage } from './key-usage';
import { MeController } from './me.controller';
import { RolesController } from './roles.controller';
import { VerifiedKeys } from './verified-keys';

@Module({
  imports: [TypeOrmModule.forFeature([ApiKey])],
  controllers: [ApiKeysController, MeController, RolesController],
  providers: [...[ApiKeysService, ApiKeysRepository, Bootstrap, KeyAuthenticator, KeyListener, KeyUsage], VerifiedKeys],
  exports: [KeyAuthenticator, VerifiedKeys],
})
export class ApiKeysModule implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly bootstrap: Bootstrap,
    private readonly listener: KeyListener,
  ) {}

  /** Keys are loaded before the service listens. */
  async onModuleInit(): Promise<void> {
    if (this.config.auth === 'off') return;
    await this.bootstrap.run();
    await this.listener.start();
  }
}
