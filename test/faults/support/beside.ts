import { ConnectionSupervisor } from '../../../src/connections/connection.supervisor';
import type { SimulatedGateway } from '../../../simulator/simulated-gateway';
import type { CreatedGateway } from '../../support/builders';
import { eventually } from '../../support/eventually';
import type { Hub } from '../../support/hub';

/** Runs all `acts` at once, with a reconcile before, beside and after them. */
export async function beside<Result>(hub: Hub, ...acts: (() => Promise<Result>)[]): Promise<Result[]> {
  const reconcile = () => hub.app.get(ConnectionSupervisor).reconcile();
  const first = reconcile();
  const results = Promise.all(acts.map((act) => act()));
  await Promise.all([first, results, reconcile()]);
  await reconcile();
  return results;
}

/** Creates a gateway, and waits until its session has subscribed. */
export async function subscribed(hub: Hub, device: SimulatedGateway): Promise<CreatedGateway> {
  const gateway = await hub.connected(device);
  await eventually(() => expect(device.subscribedConnections).toBe(1));
  return gateway;
}

/** Expects that neither a status nor the list knows these gateways. */
export async function expectGone(hub: Hub, ...gateways: { readonly id: string }[]): Promise<void> {
  const listed = (await hub.list()).data.map(({ id }) => id);
  for (const { id } of gateways) {
    await hub.http.get(`/api/gateways/${id}/status`).expect(404, /GATEWAY_NOT_FOUND/);
    expect(listed).not.toContain(id);
  }
}
