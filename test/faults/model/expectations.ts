import type { ConnectionStatusDto } from '../../../src/status/connection-status.dto';
import { eventually } from '../../support/eventually';
import { outcomeOf } from './model';
import type { Model, Outcome } from './model';
import { GATEWAYS } from './plant';
import type { Plant } from './plant';

const INDICES = Array.from({ length: GATEWAYS }, (_, index) => index);

/** Holds at any time: one device serves one gateway, so it never has more than one socket. */
export function expectOneSocketEach(plant: Plant): void {
  expect(Math.max(...plant.allDevices.map(({ maxOpenConnections }) => maxOpenConnections))).toBeLessThanOrEqual(1);
}

/** Holds at any time: the next status and the next list show what was answered last. */
export async function expectAgreement({ wishes }: Model, plant: Plant): Promise<void> {
  const wished = wishes.map((wish) => wish && { desired: wish.desired, isOff: wish.desired === 'disconnected' });
  expect((await plant.list()).map(wishIn)).toEqual(wished);
  expect((await Promise.all(INDICES.map((index) => plant.statusOf(index)))).map(wishIn)).toEqual(wished);
}

/** Holds in the end: every gateway with a healthy device is in its expected state, with the sockets for that state. */
export async function expectOutcomes({ wishes }: Model, plant: Plant): Promise<void> {
  await Promise.all(
    INDICES.filter((index) => plant.faultyDevice(index).isWell).map(async (index) => {
      const outcome = outcomeOf(wishes[index]);
      await eventually(() => expectOutcome(plant, index, outcome));
    }),
  );
}

async function expectOutcome(plant: Plant, index: number, outcome: Outcome): Promise<void> {
  const status = await plant.statusOf(index);
  // A gateway that refused a correct login because of a fault waits for the operator.
  if (outcome === 'connected' && status?.state === 'auth_failed') await plant.order(index, 'connect');
  const { openConnections, subscribedConnections } = plant.faultyDevice(index).device;
  const sockets = outcome === 'connected' ? 1 : 0;
  expect({ gateway: index, outcome: seen(status), openConnections, subscribedConnections }).toEqual({
    gateway: index,
    outcome,
    openConnections: sockets,
    subscribedConnections: sockets,
  });
}

function wishIn(status: ConnectionStatusDto | null) {
  return status && { desired: status.desired_state, isOff: status.state === 'disconnected' };
}

/** `connecting` counts as `reconnecting`: a dial that must fail is a brief part of it. */
function seen(status: ConnectionStatusDto | null): string {
  if (!status) return 'deleted';
  return status.state === 'connecting' ? 'reconnecting' : status.state;
}
