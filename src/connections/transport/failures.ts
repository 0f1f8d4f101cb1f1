import type { Reason, ReasonCode } from '../connection-state';
import type { DialStep, OpenedEnd } from './transport';

interface DialContext {
  readonly url: URL;
  readonly isTimedOut: boolean;
}

/** Says in the service's words why a dial failed at a step. */
export function dialFailure(step: Exclude<DialStep, 'open'>, error: Error, { url, isTimedOut }: DialContext): Reason {
  const host = url.hostname;
  const address = `${host}:${url.port || (url.protocol === 'wss:' ? '443' : '80')}`;
  switch (step) {
    case 'resolve':
      return {
        step,
        code: 'dns_failed',
        message: isTimedOut ? `No answer about the name ${host} in time` : `Cannot resolve ${host}`,
      };
    case 'tcp':
      return tcpFailure(isTimedOut ? 'ETIMEDOUT' : codeOf(error), address);
    case 'tls':
      return {
        step,
        code: 'tls_failed',
        message: `No secure connection to ${address}: ${isTimedOut ? 'no answer in time' : tlsProblem(error)}`,
      };
    case 'upgrade':
      return isTimedOut
        ? { step, code: 'connect_timeout', message: `${address} did not answer the WebSocket upgrade in time` }
        : { step, code: 'upgrade_rejected', message: `${address} refused the WebSocket upgrade${httpStatusOf(error)}` };
  }
}

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

/** Says how an open socket ended. @param closeCode as of RFC 6455, section 7.4; 1005 and 1006 were never on the wire */
export function socketLoss(closeCode: number, closeReason: string, error: Error | undefined): OpenedEnd {
  const lost = (code: ReasonCode, message: string): OpenedEnd => ({ opened: true, code, message, closeCode });
  const errorCode = error ? codeOf(error) : '';

  if (errorCode === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return lost('message_too_big', 'A message was larger than allowed');
  if (errorCode.startsWith('WS_ERR_'))
    return lost('protocol_error', `The gateway broke the WebSocket protocol (${errorCode})`);
  if (closeCode === 1006) return lost('connection_lost', `The connection broke${errorCode && ` (${errorCode})`}`);
  const code = closeCode === 1005 ? 'without a code' : `with code ${closeCode}`;
  return lost('closed_by_gateway', `The gateway closed the connection ${code}${closeReason && `: ${closeReason}`}`);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function httpStatusOf(error: Error): string {
  return 'httpStatus' in error && typeof error.httpStatus === 'number' ? `: HTTP status ${error.httpStatus}` : '';
}

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
};

function tlsProblem(error: Error): string {
  const code = codeOf(error);
  const known = TLS_PROBLEMS[code];
  if (known !== undefined) return `${known} (${code})`;
  return code === 'Error' ? 'the handshake failed' : `the handshake failed (${code})`;
}
