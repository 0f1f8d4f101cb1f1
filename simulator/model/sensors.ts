/** A simulated sensor, independent of the wire format of a profile. */
export interface Sensor {
  readonly serial: number;
  /** Serial of its access point. */
  readonly accessPoint: number;
  /** Points per axis of one reading. */
  readonly samples: number;
  connected: boolean;
}

/**
 * The sensors of the gateway with this number. Without `serials` there are three, the last one out of reach, so that "all" and
 * "connected" differ.
 */
export function makeSensors(gatewayNumber: number, samples: number, serials?: readonly number[]): Sensor[] {
  const first = 30_000_000 + gatewayNumber * 10;
  const chosen = serials ?? [first + 1, first + 2, first + 3];

  return chosen.map((serial, index) => ({
    serial,
    accessPoint: 20_000_000 + gatewayNumber,
    samples,
    connected: serials !== undefined || index < 2,
  }));
}
