import { once } from 'node:events';
import { ArgumentError, parseFleetArguments, USAGE } from './fleet/fleet-arguments';
import type { FleetArguments } from './fleet/fleet-arguments';
import { FleetControl } from './fleet/fleet-control';
import { DEFAULT_LOGIN } from './gateway-options';
import { SimulatedFleet } from './simulated-fleet';

const SHOWN = 5;

async function main(): Promise<number> {
  const args = parseFleetArguments(process.argv.slice(2));
  if (!args) {
    process.stdout.write(USAGE);
    return 0;
  }
  // Registered before anything is open, so that no signal is missed. The same signal again kills the process.
  const stopped = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  // Writing to a closed terminal fails, and must not crash the process.
  process.stdout.on('error', () => undefined);

  const fleet = await SimulatedFleet.listen(args.fleet);
  let control: FleetControl | null = null;
  try {
    control = args.controlPort === null ? null : await FleetControl.listen(fleet, args.controlPort);
    process.stdout.write(describe(args, fleet, control));
    await stopped;
  } finally {
    await control?.close();
    await fleet.close();
  }
  process.stdout.write('Stopped.\n');
  return 0;
}

function describe(args: FleetArguments, { gateways }: SimulatedFleet, control: FleetControl | null): string {
  const { profile, email, password } = args.fleet;
  const login =
    password === undefined
      ? `${email ?? DEFAULT_LOGIN.email} with "${DEFAULT_LOGIN.password}"`
      : `${email ?? DEFAULT_LOGIN.email} with the given password`;
  const urls = gateways.slice(0, SHOWN).map(({ url }) => `  ${url}\n`);
  const rest = gateways.length - urls.length;
  const last = gateways.at(-1);

  return [
    `${gateways.length} simulated gateway${gateways.length === 1 ? '' : 's'}, profile ${profile ?? 'captured'}\n`,
    ...urls,
    rest > 0 && last ? `  ... and ${rest} more, to ${last.url}\n` : '',
    `Login: ${login}\n`,
    control ? `Control: ${control.url}/gateways\n` : '',
    'Ctrl-C stops them.\n',
  ].join('');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof ArgumentError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`simulate: ${message}\n${isUsage ? 'Try --help.\n' : ''}`);
    process.exitCode = isUsage ? 2 : 1;
  },
);
