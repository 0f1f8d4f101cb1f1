import { OwnPort, SharedPort } from './sockets/door';
import type { Door } from './sockets/door';
import type { SimulatedGatewayOptions } from './gateway-options';
import { SimulatedGateway } from './simulated-gateway';
import { Ticker } from './timing/ticker';

export interface SimulatedFleetOptions extends Omit<SimulatedGatewayOptions, 'number' | 'serials'> {
  /** How many gateways, numbered from 1. */
  count: number;
  /**
   * `ports` (default): one port per gateway, from `port` upward, or free ports if that is 0.
   * `paths`: all on one port, at `/g/<number>`, for fleets too large for one port each.
   */
  mode?: 'ports' | 'paths';
}

/** Many simulated gateways in one process, which share one notification timer. */
export class SimulatedFleet {
  private constructor(
    readonly gateways: SimulatedGateway[],
    private readonly shared: SharedPort | null,
  ) {}

  /** @throws the system's error if a port is taken, Error for TLS on a shared port; nothing is left open then */
  static async listen(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
    const { count, mode = 'ports', host = '127.0.0.1', port = 0, tls = null, notifyEveryMs = 0 } = options;
    if (mode === 'paths' && tls) throw new Error('TLS is not available for a fleet on one port');
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

  /**
   * A sensor leaves one gateway, which still lists it, and joins another one with the same settings.
   * @throws RangeError if there is no such sensor or gateway
   */
  moveSensor(serial: number, from: number, to: number): void {
    const [old, next] = [from, to].map((number) => this.gateways.find((gateway) => gateway.number === number));
    const sensor = old?.measurements.find(serial);
    if (!old || !next || !sensor) throw new RangeError(`no sensor ${serial} at gateway ${from}, or no gateway ${to}`);
    old.measurements.connectSensor(serial, false);
    next.measurements.addSensor(serial, sensor.settings);
  }

  /** Stops every gateway; no socket, timer or port is left. */
  async close(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.close()));
    await this.shared?.stop();
  }
}
