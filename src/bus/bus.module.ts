import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { readFileSync } from 'node:fs';
import { instanceId } from '../common/instance';
import { Config } from '../config/config';
import { InProcessBus } from './in-process.bus';
import { NatsBus } from './nats/nats.bus';
import type { NatsSettings } from './nats/nats-settings';
import { ReplicaBus } from './replica-bus';

/** Provides the bus: over NATS if `NATS_URL` is set, otherwise within this process. `ConnectionsRuntime` starts it. */
@Global()
@Module({
  providers: [
    {
      provide: ReplicaBus,
      inject: [Config, PinoLogger],
      useFactory: (config: Config, logger: PinoLogger): ReplicaBus => {
        const settings = natsSettingsOf(config);
        if (!settings) return new InProcessBus();
        logger.setContext(NatsBus.name);
        return new NatsBus(settings, logger);
      },
    },
  ],
  exports: [ReplicaBus],
})
export class BusModule implements OnApplicationShutdown {
  constructor(private readonly bus: ReplicaBus) {}

  /** After everything that still has something to say. */
  async onApplicationShutdown(): Promise<void> {
    await this.bus.stop();
  }
}

/** Null for a service that is alone. */
export function natsSettingsOf({ env }: Config): NatsSettings | null {
  const { NATS_URL: servers, NATS_TOKEN: token, NATS_CREDENTIALS: credentials, NATS_CA_FILE: caFile } = env;
  if (servers === undefined) return null;
  const isTls = caFile !== undefined || servers.some((server) => server.startsWith('tls:'));
  return {
    servers,
    cluster: env.CLUSTER_NAME,
    replicaId: instanceId,
    streamReplicas: 1,
    token,
    credentials,
    tls: isTls ? { ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }) } : undefined,
  };
}
