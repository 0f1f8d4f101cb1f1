import { Module } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Config } from '../config/config';
import { CredentialCipher } from './credential-cipher';
import { developmentKey } from './development-key';

/**
 * Creates the configured cipher. Without `ENCRYPTION_KEY`, which production requires, it uses the development key of this machine.
 * @param announce receives a message for the operator if the development key is used
 */
export function createCipher({ env }: Config, announce: (message: string) => void): CredentialCipher {
  if (env.ENCRYPTION_KEY) return new CredentialCipher(env.ENCRYPTION_KEY, env.ENCRYPTION_PREVIOUS_KEYS);

  const { key, file, made } = developmentKey(env.DATA_DIR);
  announce(
    `ENCRYPTION_KEY is not set: ${made ? 'created a development key in' : 'using the development key in'} ${file}`,
  );
  return new CredentialCipher(key, env.ENCRYPTION_PREVIOUS_KEYS);
}

@Module({
  providers: [
    {
      provide: CredentialCipher,
      inject: [Config, PinoLogger],
      useFactory: (config: Config, logger: PinoLogger) => createCipher(config, (message) => logger.warn(message)),
    },
  ],
  exports: [CredentialCipher],
})
export class CryptoModule {}
