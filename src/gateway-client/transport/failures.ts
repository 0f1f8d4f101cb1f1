import type { IncomingHttpHeaders } from 'node:http';
import { outsideNetworks } from '../../common/allowed-networks';
import type { NetworkSetting } from '../../common/allowed-networks';
import type { Reason, ReasonCode } from '../failure/failure';
import { LARGE_BEFORE_LOGIN } from './bounded-receiver';
import type { DialStep, OpenedEnd } from './transport';

interface DialContext {
  readonly url: URL;
  readonly isTimedOut: boolean;
  /** Headers of a response that accepted the upgrade, if there was one. */
  readonly upgradeHeaders: IncomingHttpHeaders | null;
}

/** No address of a name may be dialled, or that of a connection is no longer allowed. */
export class AddressesRefusedError extends Error {
  /** @param setting that refuses the first address */
  constructor(addresses: readonly string[], setting: NetworkSetting) {
    super(outsideNetworks(addresses, setting));
  }
}

/** Describes why a dial failed at a step, in the service's own words rather than those of a library. */
export function dialFailure(step: Exclude<DialStep, 'open'>, error: Error, context: DialContext): Reason {
  const { url, isTimedOut, upgradeHeaders } = context;
  const host = url.hostname;
  const address = `${host}:${url.port || (url.protocol === 'wss:' ? '443' : '80')}`;
  if (error instanceof AddressesRefusedError) {
    return { step: 'resolve', code: 'address_refused', message: error.message };
  }
  const shortage = isTimedOut ? undefined : SHORTAGES[codeOf(error)];
  if (shortage !== undefined) {
    return { step, code: 'out_of_resources', message: `${address} was not tried: ${shortage} (${codeOf(error)})` };
  }
  switch (step) {
    case 'resolve':
      return {
        step,
        code: 'dns_failed',
        message: isTimedOut ? `The look-up of the name ${host} was not answered in time` : `Cannot resolve ${host}`,
      };
    case 'tcp':
      return tcpFailure(isTimedOut ? 'ETIMEDOUT' : codeOf(error), address);
    case 'tls':
      return tlsFailure(address, isTimedOut ? 'no answer in time' : tlsProblem(error));
    case 'upgrade':
      if (isTimedOut) {
        return { step, code: 'connect_timeout', message: `${address} did not answer the WebSocket upgrade in time` };
      }
      // In TLS 1.3 the client finishes the handshake first, and learns only afterwards whether the server accepted it.
      if (isTlsError(error)) return tlsFailure(address, tlsProblem(error));
      return {
        step,
        code: 'upgrade_rejected',
        message: `${address} refused the WebSocket upgrade${upgradeProblem(error, upgradeHeaders)}`,
      };
  }
}

/** Resources this machine has run out of, by error code. The gateway is not at fault. */
const SHORTAGES: Record<string, string> = {
  EMFILE: 'this service has no file descriptor left; raise its limit (ulimit -n)',
  ENFILE: 'this machine has no file descriptor left',
  ENOBUFS: 'this machine has no memory left for connections',
  ENOMEM: 'this machine has no memory left',
  EAI_MEMORY: 'this machine has no memory left',
  EADDRNOTAVAIL: 'this machine has no free port, or no address, to connect from',
};

function tcpFailure(errorCode: string, address: string): Reason {
  switch (errorCode) {
    case 'ECONNREFUSED':
      return { step: 'tcp', code: 'connect_refused', message: `Connection refused by ${address}` };
    case 'ETIMEDOUT':
      return { step: 'tcp', code: 'connect_timeout', message: `No answer from ${address} in time` };
    default:
      return { step: 'tcp', code: 'unreachable', message: `${address} cannot be reached (${errorCode})` };
  }
}

function tlsFailure(address: string, problem: string): Reason {
  return { step: 'tls', code: 'tls_failed', message: `No secure connection to ${address}: ${problem}` };
}

/** What was wrong with the response to the upgrade. The library only provides a text, so the headers are checked again. */
function upgradeProblem(error: Error, headers: IncomingHttpHeaders | null): string {
  if ('httpStatus' in error && typeof error.httpStatus === 'number') return `: HTTP status ${error.httpStatus}`;
  if (headers) {
    if (headers.upgrade?.toLowerCase() !== 'websocket') return ': it switched to another protocol (Upgrade)';
    if (headers['sec-websocket-protocol'] !== undefined) {
      return ': it selected a subprotocol, but none was offered (Sec-WebSocket-Protocol)';
    }
    if (headers['sec-websocket-extensions'] !== undefined) {
      return ': it selected an extension, but none was offered (Sec-WebSocket-Extensions)';
    }
    return ': its answer does not match the request (Sec-WebSocket-Accept)';
  }
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return `: its answer is not HTTP (${code})`;
  return code === 'Error' ? ': it closed the connection' : `: it closed the connection (${code})`;
}

/** Describes how an open socket ended. @param closeCode as defined in RFC 6455, section 7.4; 1005 and 1006 are never sent */
export function socketLoss(closeCode: number, closeReason: string, error: Error | undefined): OpenedEnd {
  const lost = (code: ReasonCode, message: string): OpenedEnd => ({ opened: true, code, message, closeCode });
  const errorCode = error ? codeOf(error) : '';

  if (error instanceof AddressesRefusedError) return lost('address_refused', error.message);
  if (errorCode === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return lost('message_too_big', 'A message was larger than allowed');
  if (errorCode === 'WS_ERR_TOO_MANY_BUFFERED_PARTS')
    return lost('message_too_big', 'A message had more than 16,384 fragments');
  if (errorCode === LARGE_BEFORE_LOGIN)
    return lost('protocol_error', 'The gateway sent more than 64 KiB in one message before it accepted the login');
  if (errorCode.startsWith('WS_ERR_'))
    return lost('protocol_error', `The gateway violated the WebSocket protocol (${errorCode})`);
  if (closeCode === 1006) return lost('connection_lost', `The connection broke${errorCode && ` (${errorCode})`}`);
  const code = closeCode === 1005 ? 'without a code' : `with code ${closeCode}`;
  return lost('closed_by_gateway', `The gateway closed the connection ${code}${closeReason && `: ${closeReason}`}`);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Whether the error comes from the TLS layer of either end. */
function isTlsError(error: Error): boolean {
  return codeOf(error).startsWith('ERR_SSL_');
}

const HANDSHAKE_REFUSED =
  'it has no TLS version or cipher in common with this service, or requires a client certificate';

const TLS_PROBLEMS: Record<string, string> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_NOT_PINNED: 'the certificate is not the pinned one',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is from an unknown authority',
  ECONNRESET: 'the connection was closed during the handshake',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it requires a client certificate, and this service has none',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: HANDSHAKE_REFUSED,
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': HANDSHAKE_REFUSED,
  TLS_SETTINGS_UNUSABLE: 'the trusted authorities cannot be used',
};

function tlsProblem(error: Error): string {
  const code = codeOf(error);
  const known = TLS_PROBLEMS[code];
  if (known !== undefined) return `${known} (${code})`;
  return code === 'Error' ? 'the handshake failed' : `the handshake failed (${code})`;
}
