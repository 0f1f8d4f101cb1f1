import { accessSync, constants } from 'node:fs';
import { parseUrl } from '../common/parse-url';

/** Encryption of the connection and verification of the server, as libpq defines `sslmode`. */
export type DatabaseTlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Address and login of the database. Everything comes from the URL, nothing from the environment. */
export interface DatabaseAddress {
  /** Host name, IP address, or absolute path of the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** Null when the URL names none: the operating-system user, as in libpq. */
  readonly user: string | null;
  readonly password: string | null;
  /** Null when the URL names none: the same as the user name. */
  readonly database: string | null;
  readonly tlsMode: DatabaseTlsMode;
  /** Path of a PEM file with the authorities to trust instead of Node's. */
  readonly rootCertificate: string | null;
  /** Paths of the PEM files with a client certificate and its key. */
  readonly clientCertificate: string | null;
  readonly clientKey: string | null;
  readonly applicationName: string | null;
  /** Server start-up options, such as `-c search_path=hub`. Sent only if the URL has them, because poolers may reject them. */
  readonly options: string | null;
}

/** A DATABASE_URL that cannot be used. The message never contains values from the URL, which may be passwords. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const DEFAULT_PORT = 5432;

/** `no-verify` is the Node driver's name for libpq's `require`. */
const TLS_MODES: Record<string, DatabaseTlsMode> = {
  disable: 'disable',
  prefer: 'prefer',
  require: 'require',
  'no-verify': 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};

/** The driver's older `ssl` parameter, for URLs without `sslmode`. */
const TLS_SWITCHES: Record<string, DatabaseTlsMode> = {
  true: 'verify-full',
  '1': 'verify-full',
  false: 'disable',
  '0': 'disable',
  'no-verify': 'require',
};

/** @throws DatabaseUrlError */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const url = parseUrl(text);
  if (!url || !/^postgres(ql)?:\/\/./.test(text)) throw new DatabaseUrlError('must be a postgres:// URL');
  const { hostname, port, username, password, pathname, searchParams } = url;
  const parameter = (name: string): string | null => emptyToNull(searchParams.get(name));
  const rootCertificate = readableFile(parameter('sslrootcert'), 'sslrootcert');

  return {
    host: parameter('host') ?? emptyToNull(decode(hostname.replace(/^\[(.+)\]$/, '$1'))) ?? 'localhost',
    port: toPort(parameter('port') ?? port),
    user: parameter('user') ?? emptyToNull(decode(username)),
    password: parameter('password') ?? emptyToNull(decode(password)),
    database: parameter('dbname') ?? emptyToNull(decode(pathname.slice(1))),
    tlsMode: toTlsMode(parameter('sslmode'), parameter('ssl'), rootCertificate),
    rootCertificate: rootCertificate === 'system' ? null : rootCertificate,
    clientCertificate: readableFile(parameter('sslcert'), 'sslcert'),
    clientKey: readableFile(parameter('sslkey'), 'sslkey'),
    applicationName: parameter('application_name'),
    options: parameter('options'),
  };
}

/** Whether a connection over a network can be encrypted without verifying the server's identity. */
export function isUnverified({ host, tlsMode }: DatabaseAddress): boolean {
  const isHere = host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.[\d.]+$/.test(host);
  return !isHere && (tlsMode === 'require' || tlsMode === 'prefer');
}

function emptyToNull(text: string | null): string | null {
  return text === '' ? null : text;
}

function toTlsMode(name: string | null, ssl: string | null, rootCertificate: string | null): DatabaseTlsMode {
  const mode = name === null ? (ssl === null ? 'disable' : TLS_SWITCHES[ssl]) : TLS_MODES[name];
  if (!mode) throw new DatabaseUrlError(`sslmode must be one of ${Object.keys(TLS_MODES).join(', ')}`);
  // As in libpq: a root certificate makes `require` verify.
  if (mode === 'require' && rootCertificate !== null && name !== 'no-verify') return 'verify-ca';
  // Anyone can get a certificate from a public authority, so without a host-name check it proves nothing.
  if (mode === 'verify-ca' && (rootCertificate ?? 'system') === 'system') {
    throw new DatabaseUrlError(
      'sslmode=verify-ca needs sslrootcert, the path of a PEM file; or use sslmode=verify-full',
    );
  }
  return mode;
}

function toPort(text: string): number {
  if (text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new DatabaseUrlError('has an invalid port');
  return port;
}

function readableFile(path: string | null, name: string): string | null {
  if (path === null || (name === 'sslrootcert' && path === 'system')) return path;
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch {
    throw new DatabaseUrlError(`${name} must name a readable file`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('has a % that does not begin an escape sequence: write %25');
  }
}
