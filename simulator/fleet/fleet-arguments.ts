import { parseArgs, types } from 'node:util';
import { checkZone, timeFormats } from '../model/gateway-clock';
import { idModes } from '../model/record-ids';
import { profileNames } from '../profiles';
import { listStyles, notificationStyles } from '../shapes/shape';
import { signalNames, signalsSchema } from '../signals/signal';
import type { Signals } from '../signals/signal';
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
  --chaos              occasional 20 MB replies and closed connections
  --control-port <n>   HTTP on 127.0.0.1: GET /gateways, GET /gateways/<number>/records, and
                       POST /gateways/<number|all>/<action>; docs/simulator.md lists the actions
  --help               this text

Sensors and what they measure:
  --sensors <n>        sensors of each gateway, all connected (3, the last one out of reach)
  --samples <n>        points per axis of a vibration reading (1024)
  --rate <hz>          sampling rate (2560)
  --signal <name>      ${signalNames.join(', ')} (machine);
                       or JSON, such as '{"kind":"sine","hz":50,"g":1}'
  --reading-every <ms> each sensor measures vibration on schedule, whether or not anybody is connected; 0 is never (0)
  --temp-every <ms>    temperature on schedule (0)
  --batt-every <ms>    charge on schedule (0)
  --history-count <n>  records of each kind that a gateway keeps (100; with a schedule all)
  --history-days <n>   and for how many days (for ever; with a schedule 30)
  --ids <mode>         ${idModes.join(', ')} (gateway)
  --zone <name>        zone of the gateway's clock, such as Europe/Berlin (UTC)
  --clock-offset <ms>  by how much the clock is fast; negative if it is slow (0)
  --time-format <name> ${timeFormats.join(', ')} (as the profile has it)

How commands are carried out:
  --take-ms <ms>       milliseconds from a TAKE_* to its result (1000)
  --end <word>         inclusive, exclusive: whether the day "End" belongs to a history answer (inclusive)
  --max-cap <n>        the most records in one answer, whatever "Max" says

Where the sources disagree:
  --connected-list <style>  ${listStyles.join(', ')}: the answer to GET_DYN_CONNECTED
  --notification <style>    ${notificationStyles.join(', ')}:
                            a record alone or under "0"; axes as text or as numbers with statistics

What is known of each format:
  GET_DYN as an array                     seen on hardware; the default of captured
  GET_DYN as an object by serial          the manual's; the default of manual
  GET_DYN_CONNECTED as an array           seen on hardware only without sensors; the default of captured
  GET_DYN_CONNECTED as an object          the manual's; the default of manual
  sensors with 22 fields                  seen on hardware, with all of them set and with nulls and without Nickname
  sensors with 11 fields                  the manual's
  history with numbers and statistics     seen on hardware
  history with text axes, days as times   the manual's
  NOT_DYN_CONN with 11 fields             the manual's, in all profiles
  notification flat-text                  the manual's; the default of manual
  notification flat-array                 assumed
  notification record-text                assumed
  notification record-array               assumed; the default of captured
  RTN_LOGIN with Success:false, texts of RTN_ERR, NOT_AP_CONN as 0/1     assumed, assumed, the manual's
`;

const MAX_INTERVAL_MS = 86_400_000;

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
      ...sensorOptions(values),
      ...formatOptions(values),
    },
    controlPort:
      values['control-port'] === undefined ? null : integer('control-port', values['control-port'], 0, 65_535),
  };
}

type Values = ReturnType<typeof parse>;

function sensorOptions(values: Values) {
  const every = (name: 'reading-every' | 'temp-every' | 'batt-every'): number | null =>
    integer(name, values[name] ?? '0', 0, MAX_INTERVAL_MS) || null;
  const count = values['history-count'];
  const days = values['history-days'];
  return {
    ...(values.sensors !== undefined && { sensors: integer('sensors', values.sensors, 1, 1000) }),
    ...(values.rate !== undefined && { rateHz: integer('rate', values.rate, 1, 1_000_000) }),
    ...(values.signal !== undefined && { signals: signals(values.signal) }),
    schedule: { reading: every('reading-every'), temp: every('temp-every'), batt: every('batt-every') },
    depth: {
      ...(count !== undefined && { count: integer('history-count', count, 0, 1_000_000_000) }),
      ...(days !== undefined && { days: integer('history-days', days, 0, 36_500) }),
    },
    ids: oneOf('ids', values.ids ?? 'gateway', idModes),
    clock: {
      ...(values.zone !== undefined && { zone: zone(values.zone) }),
      offsetMs: integer('clock-offset', values['clock-offset'] ?? '0', -MAX_INTERVAL_MS, MAX_INTERVAL_MS),
      format: values['time-format'] === undefined ? null : oneOf('time-format', values['time-format'], timeFormats),
    },
  };
}

function formatOptions(values: Values) {
  const { notification } = values;
  const list = values['connected-list'];
  const cap = values['max-cap'];
  return {
    ...(list !== undefined && { connectedList: oneOf('connected-list', list, listStyles) }),
    ...(notification !== undefined && { notification: oneOf('notification', notification, notificationStyles) }),
    answers: {
      takeMs: integer('take-ms', values['take-ms'] ?? '1000', 0, 600_000),
      endExclusive: oneOf('end', values.end ?? 'inclusive', ['inclusive', 'exclusive'] as const) === 'exclusive',
      maxCap: cap === undefined ? null : integer('max-cap', cap, 0, 1_000_000_000),
    },
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
        sensors: text,
        rate: text,
        signal: text,
        'reading-every': text,
        'temp-every': text,
        'batt-every': text,
        'history-count': text,
        'history-days': text,
        ids: text,
        zone: text,
        'clock-offset': text,
        'time-format': text,
        'take-ms': text,
        end: text,
        'max-cap': text,
        'connected-list': text,
        notification: text,
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
  if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
  throw new ArgumentError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

/** @param text the name of a signal, or a signal or one for each axis as JSON */
function signals(text: string): Signals {
  const name = signalNames.find((known) => known === text);
  try {
    return signalsSchema.parse(name === undefined ? JSON.parse(text) : { kind: name });
  } catch (error) {
    const names = signalNames.join(', ');
    throw new ArgumentError(`--signal must be one of ${names}, or JSON as in docs/simulator.md, not "${text}"`, {
      cause: error,
    });
  }
}

function zone(name: string): string {
  try {
    checkZone(name);
    return name;
  } catch (error) {
    throw new ArgumentError(`--zone must be a time zone such as Europe/Berlin, not "${name}"`, { cause: error });
  }
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new ArgumentError(`--${name} must be one of ${choices.join(', ')}, not "${text}"`);
}
