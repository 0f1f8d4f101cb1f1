import { Injectable } from '@nestjs/common';
import type { FoundSensor } from './batch-context';

const NONE: ReadonlyMap<number, number> = new Map();

/**
 * The sample rates of sensors, as the last batches found them in the database. A reading is encoded before its batch is stored; with the
 * rate, its velocities are computed at the same time. Where a rate has changed since, the batch computes them again.
 */
@Injectable()
export class SampleRates {
  private readonly byGateway = new Map<string, Map<number, number>>();

  /** In Hz; null if it is not known. */
  of(gatewayId: string, serial: number): number | null {
    return this.byGateway.get(gatewayId)?.get(serial) ?? null;
  }

  /** Those of a gateway that are known, by serial. */
  ofGateway(gatewayId: string): ReadonlyMap<number, number> {
    return this.byGateway.get(gatewayId) ?? NONE;
  }

  learn(sensors: readonly FoundSensor[]): void {
    for (const { gatewayId, serial, sampleRateHz } of sensors) {
      if (sampleRateHz === null) continue;
      const known = this.byGateway.get(gatewayId);
      if (known) known.set(serial, sampleRateHz);
      else this.byGateway.set(gatewayId, new Map([[serial, sampleRateHz]]));
    }
  }
}
