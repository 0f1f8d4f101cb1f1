import { readFileSync } from 'node:fs';
import { connect, isIP, Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { Client, escapeLiteral } from 'pg';
import type { ClientConfig, Connection } from 'pg';
import type { DatabaseAddress } from '../config/database-url';

/** How a connection to the database is made and set up: the one description for every connection that this code base opens. */
export interface DatabaseConnectionOptions {
  readonly address: DatabaseAddress;
  /** How long it may take until the connection can be used, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Shown in `pg_stat_activity`, unless the URL names another. */
  readonly applicationName?: string;
  /** The server ends a statement after this many milliseconds; 0, the default, is never. */
  readonly statementTimeoutMs?: number;
  /** The server ends a connection that leaves a transaction open for so long; 0 is never. */
  readonly idleInTransactionTimeoutMs?: number;
  /** The server ends a connection that sends nothing for so long; 0 is never. */
  readonly idleTimeoutMs?: number;
  /** This side gives up a statement, and the connection with it, after so long; 0 is never. */
  readonly queryTimeoutMs?: number;
  /** How long nothing may pass before the system looks whether the other end is still there. */
  readonly keepAliveAfterMs?: number;
  /** Breaks the connection when nothing has come or gone for so long; 0 is never. */
  readonly silenceTimeoutMs?: number;
}

/** PostgreSQL's answer to a write where there can be none: on a standby, or with `default_transaction_read_only`. */
const READ_ONLY = '25006';

/** The answer of a server that speaks TLS. */
const SPEAKS_TLS = 'S'.charCodeAt(0);
/** The question: `SSLRequest` of the protocol. */
const TLS_QUESTION = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

type Callback = ((error: Error) => void) | ((error: null, client: Client) => void);

/**
 * A connection whose behaviour depends on its options alone: no variable and no file of the environment (`PGHOST`, `PGSSLMODE`,
 * `PGOPTIONS`, `~/.pgpass` …) counts, and whatever the role, the database or the server has as a default for dates, bytes and
 * time-outs is set to what this code base reads and writes, in one round trip, before the connection can be used.
 *
 * At the start-up of a connection nothing is asked for but user, database and UTF-8: poolers refuse what they do not know.
 */
export class DatabaseClient extends Client {
  /** Whether the server refused a write on this connection, and so should not be kept. */
  isReadOnly = false;
  /** Of the driver, which does not declare them. */
  declare readonly connection: Connection & { ssl: ConnectionOptions | false };

  constructor(private readonly settings: DatabaseConnectionOptions) {
    super(toDriverOptions(settings));
    // A connection that breaks fails what runs on it, and ends; an error that nobody listens to would end the process as well.
    this.on('error', () => undefined);
    this.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code === READ_ONLY) this.isReadOnly = true;
    });
  }

  /** Rejects, or calls back with the error, when the connection cannot be used in time. The pool calls it with a callback. */
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

  /** Read by the driver: all that is sent to the server before the login. */
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
      if (address.tlsMode === 'prefer' && !(await speaksTls(address, connectTimeoutMs))) {
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

/** Settings of a session, by their names in PostgreSQL. What is read and written here is written for these. */
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
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    lock_timeout: '0', // A wait for a lock is a part of its statement, and bounded with that.
    statement_timeout: String(options.statementTimeoutMs ?? 0),
    idle_in_transaction_session_timeout: String(options.idleInTransactionTimeoutMs ?? 0),
    idle_session_timeout: String(options.idleTimeoutMs ?? 0),
    application_name: options.address.applicationName ?? options.applicationName ?? 'gateway-hub',
  };
  const statements = Object.entries(settings).map(([name, value]) => `SET ${name} = ${toValue(name, value)}`);
  // Of PostgreSQL 17 and newer.
  statements.push(
    `SELECT set_config(name, '0', false) FROM (VALUES ('transaction_timeout')) AS newer (name)
     WHERE current_setting(name, true) IS NOT NULL`,
  );
  return statements.join('; ');
}

/** A list is one only without quotes. */
function toValue(name: string, value: string): string {
  return name === 'DateStyle' ? value : escapeLiteral(value);
}

function toDriverOptions({ address, ...options }: DatabaseConnectionOptions): ClientConfig {
  const user = address.user ?? userInfo().username;
  return {
    // Each of them is given, since the driver takes from the environment what is not.
    host: address.host,
    port: address.port,
    user,
    database: address.database ?? user,
    password: () => address.password ?? '', // A function, since the driver would look for an empty one elsewhere.
    ssl: toTlsOptions(address),
    sslnegotiation: 'postgres',
    client_encoding: 'UTF8',
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: options.queryTimeoutMs ?? 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: options.keepAliveAfterMs ?? 0,
    stream: () => socketWithTimeout(options.silenceTimeoutMs ?? 0),
  };
}

/** @throws Error when a file cannot be read */
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

/** Hangs up when nothing has come or gone for so long; 0 is for ever. */
function socketWithTimeout(timeoutMs: number): Socket {
  const socket = new Socket();
  return socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the database does not answer')));
}

/** Asks the server, on a connection of its own: the driver cannot do without TLS once it has begun to ask for it. */
async function speaksTls({ host, port }: DatabaseAddress, timeoutMs: number): Promise<boolean> {
  if (host.startsWith('/')) return false; // Over a Unix socket there is no TLS.
  const socket = connect({ host, port, ...(isIP(host) === 0 && { autoSelectFamily: true }) });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the database does not answer')));
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => socket.write(TLS_QUESTION));
      socket.once('data', (answer) => resolve(answer[0] === SPEAKS_TLS));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('Connection terminated unexpectedly')));
    });
  } finally {
    socket.destroy();
  }
}
