import { randomInt } from 'node:crypto';
import { ApiClient, bodyOf } from './api-client';
import { Program } from './program';

const CONTROL = /Control: (http:\/\/[^\s/]+)/;
const PORT_TAKEN = 'EADDRINUSE';

/**
 * Below those that the system gives to clients. Nobody else takes such a port while the fleet is away, not even a client that
 * dials it: the system may give one the very port that it dials, and connect it to itself.
 */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** What a simulated gateway tells about itself. */
export interface Member {
  readonly number: number;
  readonly url: string;
  readonly openConnections: number;
  readonly maxOpenConnections: number;
  readonly connectionsAccepted: number;
  readonly logins: { readonly accepted: number; readonly refused: number };
}

/** Simulated gateways in a process of their own, told over HTTP what to do. */
export class FleetProcess {
  private constructor(
    readonly program: Program,
    private readonly control: ApiClient,
    private readonly args: string[],
  ) {}

  /** @param options of `npm run simulate`, besides those that say where it listens. */
  static async start(count: number, options: string[] = []): Promise<FleetProcess> {
    for (;;) {
      const port = randomInt(FIRST_PORT, FIRST_PORT + PORTS);
      const args = ['--count', `${count}`, '--mode', 'paths', '--port', `${port}`, '--control-port', '0', ...options];
      const fleet = await FleetProcess.tryStart(args);
      if (fleet) return fleet;
    }
  }

  /** Null when somebody else has the port. */
  private static async tryStart(args: string[]): Promise<FleetProcess | null> {
    const program = new Program('cli/simulate.js', {}, args);
    try {
      const [, url = ''] = await program.prints(CONTROL);
      return new FleetProcess(program, new ApiClient(url), args);
    } catch (error) {
      await program.destroy();
      if (program.output.includes(PORT_TAKEN)) return null;
      throw error;
    }
  }

  async members(): Promise<Member[]> {
    return (await bodyOf<{ gateways: Member[] }>(this.control.get('/gateways'))).gateways;
  }

  /** Does something to one gateway, or to all: see `npm run simulate -- --help`. */
  async order(whom: number | 'all', action: string, args: object = {}): Promise<void> {
    await bodyOf(this.control.post(`/gateways/${whom}/${action}`, args));
  }

  /** A fleet like this one, in the same place. This one must be gone. */
  async startAgain(): Promise<FleetProcess> {
    const fleet = await FleetProcess.tryStart(this.args);
    if (!fleet) throw new Error('somebody else took the port of the simulated gateways');
    return fleet;
  }

  /** As a power cut does: no close frame, and nobody listens any more. */
  async cutPower(): Promise<void> {
    await this.program.destroy();
  }
}
