/** Where a gateway is, without path and query: what decides who receives a login. */
export interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

/** The origin of a gateway's URL. Equal for every spelling of one: case of the host, the default port written out or not. */
export function originOf(url: string): Origin {
  // Stored by a version that read URLs in another way: it cannot be dialled, and equals nothing but itself.
  if (!URL.canParse(url)) return { scheme: '', host: url, port: 0 };
  const parsed = new URL(url);
  const scheme = parsed.protocol.slice(0, -1);
  const port = parsed.port === '' ? (DEFAULT_PORTS[scheme] ?? 0) : Number(parsed.port);
  return { scheme, host: parsed.hostname, port };
}

/** The origin as text, for logs and comparisons: `wss://10.0.0.7:443`. */
export function originText(url: string): string {
  const { scheme, host, port } = originOf(url);
  return `${scheme}://${host}:${port}`;
}
