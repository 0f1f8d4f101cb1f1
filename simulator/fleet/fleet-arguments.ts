import { parseArgs, types } from 'node:util';
import { profileNames } from '../profiles';
import type { SimulatedFleetOptions } from '../simulated-fleet';

export const USAGE = `Simulated CTC Connect Wireless gateways that speak the real WebSocket protocol.

  npm run simulate -- [options]

  --count <n>          how many gateways (1)
  --profile <name>     ${profileNames.join(', ')} (captured)
  --mode <mode>        ports: each on its own port (default)
                       paths: all on one port, at /g/1, /g/2 ...
  --host <address>     address to listen on (127.0.0.1)
  --port <n>           the first port, or the only one; 0 picks free ones (5001)
  --email <text>       the login that is accepted (ops@example.org)
  --password <text>    and its password (correct horse)
  --refusal <a|b|c>    a wrong login gets a = Success:false (default), b = RTN_ERR, c = a closed socket
  --notify-every <ms>  milliseconds between notifications to a subscriber; 0 is never (0)
  --samples <n>        points per axis of a vibration reading (1024)
  --chaos              occasional 20 MB replies and closed connections
  --control-port <n>   HTTP on 127.0.0.1 to provoke faults: GET /gateways, and
                       POST /gateways/<number|all>/<action>, which is one of drop, freeze, thaw, refuse, accept,
                       mute-logins, refuse-subscribe, ignore-pings, close-at, reject-upgrade, slow, notify, stop, start
  --help               this text
`;

/** A parsed command line. */
export interface FleetArguments {
  readonly fleet: SimulatedFleetOptions;
  /** Null: no control interface. */
  readonly controlPort: number | null;
}

/** Thrown for an invalid command line. The message says what is wrong, and never contains a password. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** Parses the command line of `npm run simulate`. Null for `--help`. @throws ArgumentError */
export function parseFleetArguments(args: readonly string[]): FleetArguments | null {
  const values = parse(args);
  if (values.help === true) return null;

  const count = integer('count', values.count ?? '1', 1, 100_000);
  const port = integer('port', values.port ?? '5001', 0, 65_535);
  const mode = oneOf('mode', values.mode ?? 'ports', ['ports', 'paths'] as const);
  if (mode === 'ports' && port + count - 1 > 65_535) {
    throw new ArgumentError(`--count ${count} from --port ${port} needs ports above 65535; use --mode paths`);
  }
  return {
    fleet: {
      count,
      mode,
      port,
      profile: oneOf('profile', values.profile ?? 'captured', profileNames),
      refusal: oneOf('refusal', values.refusal ?? 'a', ['a', 'b', 'c'] as const),
      notifyEveryMs: integer('notify-every', values['notify-every'] ?? '0', 0, 86_400_000),
      samples: integer('samples', values.samples ?? '1024', 1, 1_000_000),
      chaos: values.chaos === true,
      ...(values.host !== undefined && { host: values.host }),
      ...(values.email !== undefined && { email: values.email }),
      ...(values.password !== undefined && { password: values.password }),
    },
    controlPort:
      values['control-port'] === undefined ? null : integer('control-port', values['control-port'], 0, 65_535),
  };
}

// No declared return type: the inferred one lists exactly the options.
function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        count: text,
        profile: text,
        mode: text,
        host: text,
        port: text,
        email: text,
        password: text,
        refusal: text,
        'notify-every': text,
        samples: text,
        chaos: flag,
        'control-port': text,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ArgumentError(explain(error), { cause: error });
  }
}

function explain(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  // The original message repeats the stray word, which may be half of an unquoted password.
  const isStray = 'code' in error && error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
  return isStray ? 'only --options are understood; quote values that contain spaces' : error.message;
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new ArgumentError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new ArgumentError(`--${name} must be one of ${choices.join(', ')}, not "${text}"`);
}
