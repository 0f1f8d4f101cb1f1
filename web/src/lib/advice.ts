import type { Reason } from '../../.generated/types.gen';

export type ReasonCode = Reason['code'];
export type Step = Reason['step'];

/** Who has to act. */
export type Owner = 'network' | 'gateway' | 'login' | 'service';

export const OWNERS: Record<Owner, string> = {
  network: 'Network',
  gateway: 'Gateway',
  login: 'Login',
  service: 'This service',
};

/** What a reason means in few words, whose problem it is, and what to do. The long form is the table of docs/operations.md. */
interface Advice {
  readonly label: string;
  readonly owner: Owner;
  readonly todo: string;
}

/** For each code; the compiler asks for an entry when the API has a new one. */
export const ADVICE: Record<ReasonCode, Advice> = {
  credentials_unreadable: {
    label: 'Stored password unreadable',
    owner: 'service',
    todo: 'Add the old key to ENCRYPTION_PREVIOUS_KEYS and restart the service, or enter the password again.',
  },
  dns_failed: {
    label: 'Name not found',
    owner: 'network',
    todo: 'Check the URL, and the name server of the machine that this service runs on.',
  },
  address_refused: {
    label: 'Address not allowed',
    owner: 'service',
    todo: 'If gateways belong in that network, add it to GATEWAY_NETWORKS, or to the networks of the organization.',
  },
  connect_refused: {
    label: 'Connection refused',
    owner: 'gateway',
    todo: 'The machine answers, but nothing listens on that port. Check that the gateway software runs, and the port in the URL.',
  },
  connect_timeout: {
    label: 'No answer',
    owner: 'network',
    todo: 'Check that the gateway has power, and that no firewall drops the packets.',
  },
  unreachable: {
    label: 'No route',
    owner: 'network',
    todo: 'Check routes, the VPN and the network interface of the machine that this service runs on.',
  },
  tls_failed: {
    label: 'TLS failed',
    owner: 'gateway',
    todo: 'Renew the certificate of the gateway, or store its authority or its fingerprint with this gateway.',
  },
  upgrade_rejected: {
    label: 'Not a WebSocket',
    owner: 'gateway',
    todo: 'Check that the URL has the port of the gateway, and not that of its web page or of a proxy.',
  },
  login_timeout: {
    label: 'Login unanswered',
    owner: 'gateway',
    todo: 'The gateway hangs or is overloaded: restart it. Some firmware refuses logins this way: check e-mail and password.',
  },
  login_refused: {
    label: 'Login refused',
    owner: 'login',
    todo: 'Check e-mail and password, and whether the account still exists on the gateway.',
  },
  subscribe_refused: {
    label: 'Subscription refused',
    owner: 'login',
    todo: 'The login works, but the account may not subscribe. Give it the permission on the gateway.',
  },
  closed_by_gateway: {
    label: 'Closed by the gateway',
    owner: 'gateway',
    todo: 'The gateway ended the connection. If it repeats, look for a limit of connections or a ban on the gateway.',
  },
  heartbeat_timeout: {
    label: 'Stopped answering',
    owner: 'network',
    todo: 'The gateway hangs or lost power, or the network between failed. Act if it repeats.',
  },
  command_timeout: {
    label: 'Commands unanswered',
    owner: 'gateway',
    todo: 'What answers commands hangs on the gateway. If it repeats, restart the gateway.',
  },
  protocol_error: {
    label: 'Invalid data',
    owner: 'gateway',
    todo: 'Look for a proxy that interferes, or for broken firmware.',
  },
  message_too_big: {
    label: 'Message too large',
    owner: 'service',
    todo: 'Raise GATEWAY_MAX_MESSAGE_BYTES if such messages are expected.',
  },
  connection_lost: {
    label: 'Connection lost',
    owner: 'network',
    todo: 'The connection broke without a goodbye. If it repeats, check cables, switches and Wi-Fi.',
  },
  logged_out: {
    label: 'Logged out',
    owner: 'login',
    todo: 'The service logs in again at once. If it repeats, another client may use the same account.',
  },
  out_of_resources: {
    label: 'Service out of resources',
    owner: 'service',
    todo: 'Raise the limit that the message names, such as ulimit -n, on the machine of this service.',
  },
  moved: {
    label: 'Moved to another replica',
    owner: 'service',
    todo: 'Nothing: the new replica connects at once. If it repeats, see the log for replicas that start and end.',
  },
};

export const REASON_CODES = Object.keys(ADVICE) as ReasonCode[];

/** The steps of an attempt in their order. */
export const STEPS: readonly (readonly [step: Step, label: string, what: string])[] = [
  ['credentials', 'Credentials', 'The stored password can be read'],
  ['resolve', 'Name', 'The address is known and allowed'],
  ['tcp', 'TCP', 'The port answers'],
  ['tls', 'TLS', 'The connection is encrypted'],
  ['upgrade', 'WebSocket', 'The gateway speaks WebSocket'],
  ['login', 'Login', 'The gateway accepts e-mail and password'],
  ['subscribe', 'Subscription', 'The gateway sends its notifications'],
  ['live', 'Live', 'The session is open'],
];
