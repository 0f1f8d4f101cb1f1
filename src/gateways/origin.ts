import { parseUrl } from '../common/parse-url';

/** The part of a URL that determines who receives a login: no path, no query. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

/** The origin of a gateway's URL, the same for every spelling: host in any case, default port given or omitted. */
export function originOf(url: string): Origin {
  // Stored before URLs were validated as they are now. It cannot be dialled and has an origin of its own.
  const parsed = parseUrl(url);
  if (!parsed) return { scheme: '', host: url, port: 0 };
  const scheme = parsed.protocol.slice(0, -1);
  const port = parsed.port === '' ? (DEFAULT_PORTS[scheme] ?? 0) : Number(parsed.port);
  return { scheme, host: parsed.hostname, port };
}

/** The origin as text, for logs and comparisons: `wss://10.0.0.7:443`. */
export function originText(url: string): string {
  const { scheme, host, port } = originOf(url);
  return `${scheme}://${host}:${port}`;
}
