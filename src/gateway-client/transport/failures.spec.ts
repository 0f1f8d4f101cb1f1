import { REASON_CODES, STEPS } from '../failure/failure';
import type { ReasonCode, Step } from '../failure/failure';
import { AddressesRefusedError, dialFailure, socketLoss } from './failures';
import type { DialStep } from './transport';

const url = new URL('ws://10.0.0.7:5000');

function anError(code: string): Error {
  return Object.assign(new Error(`a text of the library about ${code}`), { code });
}

function failure(
  step: Exclude<DialStep, 'open'>,
  error: Error,
  changes: Partial<Parameters<typeof dialFailure>[2]> = {},
) {
  return dialFailure(step, error, { url, isTimedOut: false, upgradeHeaders: null, ...changes });
}

describe('dialFailure', () => {
  it.each([
    ['resolve', 'ENOTFOUND', 'dns_failed', 'Cannot resolve 10.0.0.7'],
    ['resolve', 'EAI_AGAIN', 'dns_failed', 'Cannot resolve 10.0.0.7'],
    ['tcp', 'ECONNREFUSED', 'connect_refused', 'Connection refused by 10.0.0.7:5000'],
    ['tcp', 'ETIMEDOUT', 'connect_timeout', 'No answer from 10.0.0.7:5000 in time'],
    ['tcp', 'EHOSTUNREACH', 'unreachable', '10.0.0.7:5000 cannot be reached (EHOSTUNREACH)'],
    ['tcp', 'ENETUNREACH', 'unreachable', '10.0.0.7:5000 cannot be reached (ENETUNREACH)'],
    ['tcp', 'ECONNRESET', 'unreachable', '10.0.0.7:5000 cannot be reached (ECONNRESET)'],
    [
      'tls',
      'CERT_HAS_EXPIRED',
      'tls_failed',
      'No secure connection to 10.0.0.7:5000: the certificate has expired (CERT_HAS_EXPIRED)',
    ],
    ['tcp', 'EACCES', 'unreachable', '10.0.0.7:5000 cannot be reached (EACCES)'],
    [
      'upgrade',
      'ECONNRESET',
      'upgrade_rejected',
      '10.0.0.7:5000 refused the WebSocket upgrade: it closed the connection (ECONNRESET)',
    ],
    [
      'upgrade',
      'HPE_INVALID_CONSTANT',
      'upgrade_rejected',
      '10.0.0.7:5000 refused the WebSocket upgrade: its answer is not HTTP (HPE_INVALID_CONSTANT)',
    ],
  ] as const)('reports a failure at %s with %s as %s', (step, errorCode, code, message) => {
    expect(failure(step, anError(errorCode))).toEqual({ step, code, message });
  });

  it.each([
    ['resolve', 'dns_failed', 'The look-up of the name 10.0.0.7 was not answered in time'],
    ['tcp', 'connect_timeout', 'No answer from 10.0.0.7:5000 in time'],
    ['tls', 'tls_failed', 'No secure connection to 10.0.0.7:5000: no answer in time'],
    ['upgrade', 'connect_timeout', '10.0.0.7:5000 did not answer the WebSocket upgrade in time'],
  ] as const)('reports a timeout at %s, whatever the error is', (step, code, message) => {
    expect(failure(step, anError('ECONNREFUSED'), { isTimedOut: true })).toEqual({ step, code, message });
  });

  it('names the HTTP status of a refused upgrade', () => {
    const error = Object.assign(new Error('HTTP status 503'), { httpStatus: 503 });
    expect(failure('upgrade', error).message).toBe('10.0.0.7:5000 refused the WebSocket upgrade: HTTP status 503');
  });

  it.each([
    [{ upgrade: 'h2c' }, 'it switched to another protocol (Upgrade)'],
    [{ upgrade: 'WebSocket', 'sec-websocket-protocol': '' }, 'none was offered (Sec-WebSocket-Protocol)'],
    [{ upgrade: 'websocket', 'sec-websocket-extensions': 'x' }, 'none was offered (Sec-WebSocket-Extensions)'],
    [{ upgrade: 'websocket', 'sec-websocket-accept': 'x' }, 'does not match the request (Sec-WebSocket-Accept)'],
  ])('says what is wrong with an invalid upgrade response: %j', (upgradeHeaders, words) => {
    const { code, message } = failure('upgrade', new Error('odd'), { upgradeHeaders });
    expect(code).toBe('upgrade_rejected');
    expect(message).toContain(words);
  });

  it.each(['resolve', 'tcp', 'tls', 'upgrade'] as const)('reports a lack of local resources at %s', (step) => {
    for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']) {
      const reason = failure(step, anError(code));
      expect(reason).toMatchObject({ step, code: 'out_of_resources' });
      expect(reason.message).toMatch(new RegExp(`this (service|machine) has no .*\\(${code}\\)$`));
    }
  });

  it('reports a required client certificate, even when TLS 1.3 signals it only after the handshake', () => {
    const reason = failure('upgrade', anError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'));
    expect(reason).toMatchObject({ step: 'tls', code: 'tls_failed' });
    expect(reason.message).toContain('requires a client certificate');
    const before = failure('tls', anError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'));
    expect(before.message).toContain('or requires a client certificate');
  });

  it('SEC-15: names the first refused address, and counts the others', () => {
    expect(failure('resolve', new AddressesRefusedError(['10.9.9.9'], 'GATEWAY_NETWORKS'))).toEqual({
      step: 'resolve',
      code: 'address_refused',
      message: '10.9.9.9 is outside the allowed networks (GATEWAY_NETWORKS)',
    });
    const two = new AddressesRefusedError(['10.9.9.9', '::1'], 'gateway_networks of the organization');
    expect(failure('resolve', two).message).toBe(
      '10.9.9.9 and 1 more of this name are outside the allowed networks (gateway_networks of the organization)',
    );
  });

  it('handles errors without a code, or with one that is not a string', () => {
    expect(failure('tcp', new TypeError('odd')).message).toBe('10.0.0.7:5000 cannot be reached (TypeError)');
    expect(failure('tcp', Object.assign(new Error('odd'), { code: 17 })).code).toBe('unreachable');
    expect(failure('tls', new Error('odd')).message).toBe(
      'No secure connection to 10.0.0.7:5000: the handshake failed',
    );
  });

  it.each([
    ['ws://gw.example.org', 'gw.example.org:80'],
    ['wss://gw.example.org', 'gw.example.org:443'],
    ['wss://gw.example.org:8443/path?x=1', 'gw.example.org:8443'],
    ['ws://[fe80::1]:5000', '[fe80::1]:5000'],
  ])('names the address of %s with its port, and nothing else of the URL', (text, address) => {
    expect(failure('tcp', anError('ECONNREFUSED'), { url: new URL(text) }).message).toBe(
      `Connection refused by ${address}`,
    );
  });

  it('does not repeat messages of libraries, which may contain credentials', () => {
    for (const step of ['resolve', 'tcp', 'tls', 'upgrade'] as const) {
      expect(failure(step, anError('EODD')).message).not.toContain('a text of the library');
    }
  });
});

describe('socketLoss', () => {
  it.each([
    [1000, '', 'The gateway closed the connection with code 1000'],
    [1001, 'going away', 'The gateway closed the connection with code 1001: going away'],
    [1008, '', 'The gateway closed the connection with code 1008'],
    [1011, '', 'The gateway closed the connection with code 1011'],
    [4321, 'own reasons', 'The gateway closed the connection with code 4321: own reasons'],
    [1005, '', 'The gateway closed the connection without a code'],
  ])('says that the gateway closed with code %d and reason %j', (closeCode, closeReason, message) => {
    expect(socketLoss(closeCode, closeReason, undefined)).toEqual({
      opened: true,
      code: 'closed_by_gateway',
      message,
      closeCode,
    });
  });

  it.each([
    [undefined, 'The connection broke'],
    ['ECONNRESET', 'The connection broke (ECONNRESET)'],
    ['EPIPE', 'The connection broke (EPIPE)'],
  ])('says that the connection broke when there was no close frame: %s', (errorCode, message) => {
    const error = errorCode === undefined ? undefined : anError(errorCode);
    expect(socketLoss(1006, '', error)).toEqual({
      opened: true,
      code: 'connection_lost',
      message,
      closeCode: 1006,
    });
  });

  it('says that a message was too big', () => {
    expect(socketLoss(1006, '', anError('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'))).toEqual({
      opened: true,
      code: 'message_too_big',
      message: 'A message was larger than allowed',
      closeCode: 1006,
    });
  });

  it('reports too many fragments as a message that is too big, not as a protocol error', () => {
    const { code, message } = socketLoss(1006, '', anError('WS_ERR_TOO_MANY_BUFFERED_PARTS'));
    expect(code).toBe('message_too_big');
    expect(message).toContain('16,384 fragments');
  });

  it.each(['WS_ERR_INVALID_OPCODE', 'WS_ERR_INVALID_UTF8', 'WS_ERR_UNEXPECTED_MASK', 'WS_ERR_INVALID_CLOSE_CODE'])(
    'says that the gateway broke the protocol: %s',
    (errorCode) => {
      expect(socketLoss(1006, '', anError(errorCode))).toEqual({
        opened: true,
        code: 'protocol_error',
        message: `The gateway violated the WebSocket protocol (${errorCode})`,
        closeCode: 1006,
      });
    },
  );
});

describe('the steps and codes of reasons', () => {
  it('are complete, with the steps in the order of an attempt', () => {
    const steps: Record<Step, ReasonCode[]> = {
      credentials: ['credentials_unreadable'],
      resolve: ['dns_failed', 'address_refused'],
      tcp: ['connect_refused', 'connect_timeout', 'unreachable', 'out_of_resources'],
      tls: ['tls_failed'],
      upgrade: ['upgrade_rejected', 'connect_timeout'],
      login: ['login_timeout', 'login_refused', 'closed_by_gateway'],
      subscribe: ['subscribe_refused'],
      live: [
        'closed_by_gateway',
        'heartbeat_timeout',
        'command_timeout',
        'protocol_error',
        'message_too_big',
        'connection_lost',
        'logged_out',
        'moved',
      ],
    };
    expect(STEPS).toEqual(Object.keys(steps));
    expect(new Set(REASON_CODES)).toEqual(new Set(Object.values(steps).flat()));
  });
});
