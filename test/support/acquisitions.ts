import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { AcquisitionDto } from '../../src/acquisitions/acquisition.dto';
import type { SensorPageDto } from '../../src/sensors/sensor.dto';
import { eventually } from './eventually';
import type { Hub } from './hub';

interface Identified {
  readonly id: string;
}

export type Kind = AcquisitionDto['kind'];

/** Short, so that tests need not wait. */
export const FAST_ACQUISITIONS = {
  ACQUISITION_MIN_INTERVAL_MS: '0',
  ACQUISITION_START_TIMEOUT_MS: '3000',
  ACQUISITION_READING_TIMEOUT_MS: '3000',
};

/** The sensors of a gateway, by serial, once it has reported them and whether they are connected. */
export function sensorsOf(hub: Hub, { id }: Identified, count = 3): Promise<SensorPageDto['data']> {
  return eventually(async () => {
    const response = await hub.http.get(`/api/sensors?gateway_id=${id}&sort=serial`).expect(200);
    const { data } = response.body as SensorPageDto;
    expect(data.filter(({ last_connected }) => last_connected !== null)).toHaveLength(count);
    return data;
  });
}

/** Orders a measurement. @returns the acquisition as the response has it */
export async function ordered(
  hub: Hub,
  sensor: Identified,
  order: { kind?: Kind; expires_in_s?: number; wait_s?: number } = {},
): Promise<AcquisitionDto> {
  const { wait_s = 0, kind = 'vibration', ...body } = order;
  const response = await hub.http
    .post(`/api/sensors/${sensor.id}/acquisitions?wait_s=${wait_s}`)
    .send({ kind, ...body });
  if (response.status !== 202 && response.status !== 200) throw new Error(JSON.stringify(response.body));
  return response.body as AcquisitionDto;
}

export async function acquisitionOf(hub: Hub, { id }: Identified): Promise<AcquisitionDto> {
  return (await hub.http.get(`/api/acquisitions/${id}`).expect(200)).body as AcquisitionDto;
}

/** Waits until an acquisition matches, and returns it. */
export function becomes(
  hub: Hub,
  acquisition: Identified,
  expected: Partial<AcquisitionDto> | { failure: object },
  timeoutMs?: number,
): Promise<AcquisitionDto> {
  return eventually(async () => {
    const present = await acquisitionOf(hub, acquisition);
    expect(present).toMatchObject(expected);
    return present;
  }, timeoutMs);
}

/** The commands to measure that a device has received. */
export function takesReceived(device: SimulatedGateway): string[] {
  return device.received.filter((type) => type.startsWith('TAKE_'));
}
