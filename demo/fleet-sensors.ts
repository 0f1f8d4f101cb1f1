import { EVERYWHERE } from '../src/common/actor';
import type { SensorsService } from '../src/sensors/sensors.service';

const REFRESH_MS = 2000;

/** How many sensors each gateway has, and how many of them it reaches, read from the database every two seconds. */
export class FleetSensors {
  private counts = new Map<string, { known: number; connected: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly sensors: SensorsService) {
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS);
    void this.refresh();
  }

  /** Such as `2 of 3`: connected, of all that are known. Empty before the gateway has listed any. */
  describe(gatewayId: string): string {
    const count = this.counts.get(gatewayId);
    return count ? `${count.connected} of ${count.known}` : '';
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async refresh(): Promise<void> {
    const counts: typeof this.counts = new Map();
    try {
      const { items } = await this.sensors.findAll(EVERYWHERE, { limit: 100, offset: 0 });
      for (const { row, connected } of items) {
        const { known, connected: before } = counts.get(row.gatewayId) ?? { known: 0, connected: 0 };
        counts.set(row.gatewayId, { known: known + 1, connected: before + (connected === true ? 1 : 0) });
      }
      this.counts = counts;
    } catch {
      // The counts stay as they were: the view shows the states, which need no database.
    }
  }
}
