import { FleetProcess } from '../../test/support/fleet-process';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { Bench } from '../bench';
import type { Fleet } from '../baselines/hold-sessions';

/** Simulated gateways of one side. Each side has its own process, so that drops and file descriptor limits affect only that side. */
export interface Gateways {
  readonly process: FleetProcess;
  readonly prefix: string;
}

export async function startGateways({ cleanUp }: Bench, count: number): Promise<Gateways> {
  const process = await FleetProcess.start(count);
  cleanUp.add(() => process.program.destroy());
  const [first] = await process.members();
  return { process, prefix: (first?.url ?? '').replace(/1$/, '') };
}

export function urlsOf({ prefix }: Gateways, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}

/** The first `count` gateways, in the form that a bare program takes. */
export function fleetOf({ prefix }: Gateways, count: number): Fleet {
  return { prefix, count, login: DEFAULT_LOGIN };
}
