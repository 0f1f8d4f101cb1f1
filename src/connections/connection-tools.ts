import { Injectable } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { DialNetworks } from '../common/allowed-networks';
import { plainLogger } from '../common/plain-logger';
import { Config } from '../config/config';
import { lookUpsAtOnce } from '../config/thread-pool';
import { AccountBudget } from '../login-budget/account-budget';
import { ConnectionRegistry } from '../status/connection.registry';
import { DialPacer } from './session/dial-pacer';
import { GatewayInbox } from './session/gateway-inbox';
import { LastSeenWriter } from '../status/last-seen.writer';
import { Heartbeat } from './session/heartbeat';
import { SessionFigures } from './session/session-figures';
import type { SessionTools } from './session/gateway-session';
import { LoginBudget } from '../login-budget/login-budget';
import { OrganizationNetworks } from '../organizations/organization-networks';
import { Ownership } from '../ownership/ownership';
import { HostResolver } from '../gateway-client/transport/host-resolver';
import { ReadBudget } from '../gateway-client/transport/read-budget';
import { TlsTrust } from '../gateway-client/transport/tls-trust';
import { WsTransport } from '../gateway-client/transport/ws.transport';

/** Shared by all sessions, built once from the configuration. */
@Injectable()
export class ConnectionTools implements SessionTools {
  readonly transport: SessionTools['transport'];
  readonly pacer: SessionTools['pacer'];
  readonly heartbeat: SessionTools['heartbeat'];
  readonly settings: SessionTools['settings'];
  readonly backoff: SessionTools['backoff'];
  readonly logger: SessionTools['logger'];
  readonly permissions: SessionTools['permissions'];

  constructor(
    config: Config,
    networks: OrganizationNetworks,
    readonly registry: ConnectionRegistry,
    readonly logins: LoginBudget,
    readonly accounts: AccountBudget,
    readonly inbox: GatewayInbox,
    readonly figures: SessionFigures,
    private readonly lastSeen: LastSeenWriter,
    ownership: Ownership,
    @InjectPinoLogger('GatewaySession') logger: PinoLogger,
  ) {
    this.logger = plainLogger(logger, { context: 'GatewaySession' });
    const { env } = config;
    this.permissions = ownership.isShared ? ownership : undefined;
    this.transport = new WsTransport({
      resolver: new HostResolver(lookUpsAtOnce()),
      networks: new DialNetworks(config.gatewayNetworks, networks.narrowed),
      trust: new TlsTrust(env.SSL_CERT_FILE),
      settings: {
        connectTimeoutMs: env.CONNECT_TIMEOUT_MS,
        closeTimeoutMs: env.CLOSE_TIMEOUT_MS,
        maxMessageBytes: env.GATEWAY_MAX_MESSAGE_BYTES,
      },
      budget: new ReadBudget(env.GATEWAY_MAX_BYTES_PER_SECOND),
      fence: { mayAct: (gatewayId) => ownership.mayConnect(gatewayId) },
    });
    this.pacer = new DialPacer(env.CONNECT_RATE_PER_SECOND);
    this.heartbeat = new Heartbeat({ intervalMs: env.HEARTBEAT_INTERVAL_MS, timeoutMs: env.HEARTBEAT_TIMEOUT_MS });
    this.settings = {
      loginTimeoutMs: env.LOGIN_TIMEOUT_MS,
      stableAfterMs: env.STABLE_AFTER_MS,
      authRetryMs: env.AUTH_RETRY_MS,
    };
    this.backoff = { minMs: env.RECONNECT_MIN_MS, maxMs: env.RECONNECT_MAX_MS };
  }

  readonly onConnected = (gatewayId: string): void => this.lastSeen.note(gatewayId);
}
