import { randomInt } from 'node:crypto';
import { ApiClient, bodyOf } from './api-client';
import { Program } from './program';

const CONTROL = /Control: (http:\/\/[^\s/]+)/;
const PORT_TAKEN = 'EADDRINUSE';

/**
 * Below the ephemeral ports, so that no other program is assigned one while the fleet is down. A client that dials an ephemeral port may
 * be assigned that same port, and connect to itself.
 */
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/** Figures of one simulated gateway. */
export interface Member {
  readonly number: number;
  readonly url: string;
  readonly openConnections: number;
  readonly maxOpenConnections: number;
  readonly connectionsAccepted: number;
  /** Messages and pings that came on a WebSocket after a later one had spoken. */
  readonly overtaken: number;
  readonly logins: { readonly accepted: number; readonly refused: number };
}

/** See `SHORT_HISTORY`. */
const HISTORY = ['--samples', '64', '--history-count', '3'];

/** Simulated gateways in their own process, controlled over HTTP. */
export class FleetProcess {
  private constructor(
    readonly program: Program,
    private readonly control: ApiClient,
    private readonly args: string[],
  ) {}

  /** @param options of `npm run simulate`, except those that say where it listens */
  static async start(count: number, options: string[] = []): Promise<FleetProcess> {
    for (;;) {
      const port = randomInt(FIRST_PORT, FIRST_PORT + PORTS);
      const args = [
        '--count',
        `${count}`,
        '--mode',
        'paths',
        '--port',
        `${port}`,
        '--control-port',
        '0',
        ...HISTORY,
        ...options,
      ];
      const fleet = await FleetProcess.tryStart(args);
      if (fleet) return fleet;
    }
  }

  /** Null if the port is taken. */
  private static async tryStart(args: string[]): Promise<FleetProcess | null> {
    const program = new Program('../simulator/main.js', {}, args);
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

  /** Triggers an action on one gateway, or on all: see `npm run simulate -- --help`. */
  async order(whom: number | 'all', action: string, args: object = {}): Promise<void> {
    await bodyOf(this.control.post(`/gateways/${whom}/${action}`, args));
  }

  /** Starts a fleet with the same options, on the same port. This one must have ended. */
  async startAgain(): Promise<FleetProcess> {
    const fleet = await FleetProcess.tryStart(this.args);
    if (!fleet) throw new Error('somebody else took the port of the simulated gateways');
    return fleet;
  }

  /** Kills the process, as a power cut does: no close frame, and nothing listens any more. */
  async cutPower(): Promise<void> {
    await this.program.destroy();
  }
}
