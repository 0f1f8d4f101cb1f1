/** How to reach the NATS server, and as whom. */
export interface NatsSettings {
  /** One or several, such as `nats://10.0.0.7:4222`. */
  readonly servers: readonly string[];
  /** Distinguishes the replicas of one service from others that use the same server: letters, digits, `-` and `_`. */
  readonly cluster: string;
  /** The id of this replica. The server shows it as the name of the connection. */
  readonly replicaId: string;
  /** How many servers keep each stream: 1, or 3 where three servers form a NATS cluster. */
  readonly streamReplicas: number;
  readonly token?: string | undefined;
  /** The text of a credentials file, which has a JWT and a key. */
  readonly credentials?: string | undefined;
  /** Certificates in PEM; undefined without TLS. An empty object trusts the authorities that Node knows. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}
