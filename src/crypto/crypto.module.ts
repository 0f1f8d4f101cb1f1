import { Logger, Module } from '@nestjs/common';
import { Config } from '../config/config';
import { CredentialCipher } from './credential-cipher';
import { developmentKey } from './development-key';

/**
 * The cipher that the configuration asks for.
 * Without `ENCRYPTION_KEY` (never in production, where the configuration refuses to start) it is the machine's own key.
 */
export function createCipher({ env }: Config): CredentialCipher {
  if (env.ENCRYPTION_KEY) return new CredentialCipher(env.ENCRYPTION_KEY, env.ENCRYPTION_PREVIOUS_KEYS);

  const { key, file, made } = developmentKey(env.DATA_DIR);
  new Logger(CryptoModule.name).warn(
    `no ENCRYPTION_KEY: ${made ? 'made a development key in' : 'using the development key of'} ${file}`,
  );
  return new CredentialCipher(key, env.ENCRYPTION_PREVIOUS_KEYS);
}

@Module({
  providers: [{ provide: CredentialCipher, useFactory: createCipher, inject: [Config] }],
  exports: [CredentialCipher],
})
export class CryptoModule {}
