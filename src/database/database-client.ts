import { readFileSync } from 'node:fs';
import { connect, isIP, Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { Client, escapeLiteral } from 'pg';
import type { ClientConfig, Connection } from 'pg';
import type { DatabaseAddress } from '../config/database-url';
import { typeParsers } from './timestamp';

/** Options of a connection to the database. Every connection in this code base is opened with them. */
export interface DatabaseConnectionOptions {
  readonly address: DatabaseAddress;
  /** Time until the connection must be ready for use, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Shown in `pg_stat_activity`, unless the URL sets another. */
  readonly applicationName?: string;
  /** The server cancels a statement after this time; 0, the default, means never. */
  readonly statementTimeoutMs?: number;
  /** The server closes a connection whose open transaction is idle for this long; 0 means never. */
  readonly idleInTransactionTimeoutMs?: number;
  /** The server closes a connection that is idle for this long; 0 means never. */
  readonly idleTimeoutMs?: number;
  /** The client fails a statement and closes the connection after this time; 0 means never. */
  readonly queryTimeoutMs?: number;
  /** Idle time after which the system sends TCP keep-alive probes. */
  readonly keepAliveAfterMs?: number;
  /** The client closes the socket when nothing was sent or received for this long; 0 means never. */
  readonly silenceTimeoutMs?: number;
}

/** PostgreSQL's error code for a write on a standby, or with `default_transaction_read_only`. */
const READ_ONLY = '25006';

/** The answer of a server that supports TLS. */
const TLS_SUPPORTED = 'S'.charCodeAt(0);
/** The `SSLRequest` message of the protocol. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

type Callback = ((error: Error) => void) | ((error: null, client: Client) => void);

/**
 * A connection that depends on its options alone. Environment variables and files (`PGHOST`, `PGSSLMODE`, `PGOPTIONS`, `~/.pgpass` …)
 * are ignored. Settings for which the role, database or server may have other defaults (dates, bytea, time-outs) are set in one round
 * trip before the connection is used.
 *
 * The start-up message contains only user, database and UTF-8, because poolers reject parameters they do not know.
 */
export class DatabaseClient extends Client {
  /** Whether the server refused a write on this connection. Such a connection must not be reused. */
  isReadOnly = false;
  /** Private fields of the driver. */
  declare readonly connection: Connection & { ssl: ConnectionOptions | false };

  constructor(private readonly settings: DatabaseConnectionOptions) {
    super(toDriverOptions(settings));
    // A broken connection fails its queries and ends. Without a listener, the error would also end the process.
    this.on('error', () => undefined);
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code === READ_ONLY) this.isReadOnly = true;
    });
  }

  /** Fails if the connection is not ready in time. Without a callback, returns a promise; the pool passes a callback. */
  override connect(): Promise<this>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<this> | void {
    const connected = this.open();
    if (!callback) return connected;
    const done = callback as (error: unknown, client?: Client) => void;
    connected.then(
      () => done(null, this),
      (error: unknown) => done(error),
    );
  }

  /** Called by the driver for the parameters of the start-up message. */
  getStartupConf(): Record<string, string> {
    const { options } = this.settings.address;
    return { user: this.user ?? '', database: this.database ?? '', ...(options !== null && { options }) };
  }

  private async open(): Promise<this> {
    const { connectTimeoutMs, address } = this.settings;
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
      this.hangUp();
    }, connectTimeoutMs);
    try {
      if (address.tlsMode === 'prefer' && !(await supportsTls(address, connectTimeoutMs))) {
        this.ssl = this.connection.ssl = false;
      }
      await super.connect();
      await this.query(toSql(this.settings));
      return this;
    } catch (cause) {
      this.hangUp();
      throw limit.signal.aborted ? new Error(`no connection within ${connectTimeoutMs} ms`, { cause }) : cause;
    } finally {
      clearTimeout(timer);
    }
  }

  private hangUp(): void {
    this.connection.stream.destroy();
  }
}

/** SQL that sets the session's parameters to the values this code base depends on. */
function toSql(options: DatabaseConnectionOptions): string {
  const settings: Record<string, string> = {
    client_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    DateStyle: 'ISO, YMD',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    bytea_output: 'hex',
    extra_float_digits: '1',
    array_nulls: 'on',
    transform_null_equals: 'off',
    plan_cache_mode: 'auto',
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    lock_timeout: '0', // A wait for a lock counts towards the statement time-out.
    statement_timeout: String(options.statementTimeoutMs ?? 0),
    idle_in_transaction_session_timeout: String(options.idleInTransactionTimeoutMs ?? 0),
    idle_session_timeout: String(options.idleTimeoutMs ?? 0),
    application_name: options.address.applicationName ?? options.applicationName ?? 'gateway-hub',
  };
  const statements = Object.entries(settings).map(([name, value]) => `SET ${name} = ${toValue(name, value)}`);
  // Exists only in PostgreSQL 17 and newer.
  statements.push(
    `SELECT set_config(name, '0', false) FROM (VALUES ('transaction_timeout')) AS newer (name)
     WHERE current_setting(name, true) IS NOT NULL`,
  );
  return statements.join('; ');
}

/** PostgreSQL reads a value as a list only if it is not quoted. */
function toValue(name: string, value: string): string {
  return name === 'DateStyle' ? value : escapeLiteral(value);
}

function toDriverOptions({ address, ...options }: DatabaseConnectionOptions): ClientConfig {
  const user = address.user ?? userInfo().username;
  return {
    // Every option is set, because the driver reads the environment for a missing one.
    host: address.host,
    port: address.port,
    user,
    database: address.database ?? user,
    password: () => address.password ?? '', // A function: instead of an empty string, the driver would look up a password elsewhere.
    ssl: toTlsOptions(address),
    sslnegotiation: 'postgres',
    client_encoding: 'UTF8',
    types: typeParsers,
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: options.queryTimeoutMs ?? 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: options.keepAliveAfterMs ?? 0,
    stream: () => socketWithTimeout(options.silenceTimeoutMs ?? 0),
  };
}

/** @throws Error if a file cannot be read */
function toTlsOptions(address: DatabaseAddress): ConnectionOptions | false {
  const { tlsMode, rootCertificate, clientCertificate, clientKey } = address;
  if (tlsMode === 'disable') return false;
  return {
    ...(rootCertificate !== null && { ca: readFileSync(rootCertificate, 'utf8') }),
    ...(clientCertificate !== null && { cert: readFileSync(clientCertificate, 'utf8') }),
    ...(clientKey !== null && { key: readFileSync(clientKey, 'utf8') }),
    rejectUnauthorized: tlsMode === 'verify-ca' || tlsMode === 'verify-full',
    ...(tlsMode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
}

/** A socket that closes when nothing was sent or received for `timeoutMs`; 0 means never. */
function socketWithTimeout(timeoutMs: number): Socket {
  const socket = new Socket();
  return socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the database does not answer')));
}

/** Asks the server on a separate connection: once the driver has requested TLS, it cannot fall back. */
async function supportsTls({ host, port }: DatabaseAddress, timeoutMs: number): Promise<boolean> {
  if (host.startsWith('/')) return false; // Unix sockets have no TLS.
  const socket = connect({ host, port, ...(isIP(host) === 0 && { autoSelectFamily: true }) });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the database does not answer')));
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => socket.write(SSL_REQUEST));
      socket.once('data', (answer) => resolve(answer[0] === TLS_SUPPORTED));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('Connection terminated unexpectedly')));
    });
  } finally {
    socket.destroy();
  }
}
