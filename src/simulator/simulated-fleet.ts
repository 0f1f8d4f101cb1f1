import { OwnPort, SharedPort } from './door';
import type { Door } from './door';
import type { SimulatedGatewayOptions } from './gateway-options';
import { SimulatedGateway } from './simulated-gateway';
import { Ticker } from './ticker';

export interface SimulatedFleetOptions extends Omit<SimulatedGatewayOptions, 'number' | 'serials'> {
  /** How many gateways, numbered from 1. */
  count: number;
  /**
   * `ports` (default): each on a port of its own, from `port` upward, or any free ones when that is 0.
   * `paths`: all on one port, told apart by the path `/g/<number>`, for fleets larger than a machine has patience for.
   */
  mode?: 'ports' | 'paths';
}

/** Many simulated gateways in one process, with one timer among them. */
export class SimulatedFleet {
  private constructor(
    readonly gateways: SimulatedGateway[],
    private readonly shared: SharedPort | null,
  ) {}

  /** @throws the system's error when a port is taken, and an error for TLS on a shared one; nothing is left open then. */
  static async listen(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
    const { count, mode = 'ports', host = '127.0.0.1', port = 0, tls = null, notifyEveryMs = 0 } = options;
    if (mode === 'paths' && tls) throw new Error('a fleet on one port has no TLS');
    const shared = mode === 'paths' ? new SharedPort(host, port) : null;
    const doorOf = (number: number): Door =>
      shared?.doorAt(`/g/${number}`) ?? new OwnPort(host, port === 0 ? 0 : port + number - 1, tls);
    const ticker = notifyEveryMs > 0 ? new Ticker(notifyEveryMs) : null;

    const fleet = new SimulatedFleet([], shared);
    try {
      await shared?.start();
      for (let number = 1; number <= count; number += 1) {
        fleet.gateways.push(await SimulatedGateway.behind(doorOf(number), { ...options, number }, ticker));
      }
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return fleet;
  }

  /** Ends every gateway: leaves no socket, no timer and no port. */
  async close(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.close()));
    await this.shared?.stop();
  }
}
