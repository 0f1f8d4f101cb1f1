import type { Config } from '../config/config';

/** What an operator must know about who can reach the service, as lines for the log at each start. */
export function exposureWarnings(config: Config): string[] {
  if (config.auth === 'off')
    return config.isLoopback ? [] : [`AUTH is off: everybody who can reach ${config.host} may do everything`];
  return config.isExposed
    ? [
        'API keys are sent in plain text: anyone on the network path can read them: set TLS_CERT_FILE, or TRUSTED_PROXIES',
      ]
    : [];
}
