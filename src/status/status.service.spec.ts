import { EVERYWHERE } from '../common/actor';
import { aFeed } from '../../test/support/state-changes';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import { Assignment } from './assignment';
import { ConnectionRegistry } from './connection.registry';
import { Readiness } from './readiness';
import { NotReadyError } from './status.errors';
import { StatusService } from './status.service';

const ID = '00000000-0000-4000-8000-000000000001';

function aService(isReady = true) {
  const assignment = new Assignment();
  const readiness = Object.assign(new Readiness(), { isReady });
  return { assignment, service: new StatusService(new ConnectionRegistry(aFeed()), assignment, readiness) };
}

describe('the status of a gateway that the registry does not have', () => {
  it('is not found if this process holds every gateway', () => {
    const { assignment, service } = aService();
    assignment.add('all');
    expect(() => service.get(EVERYWHERE, ID)).toThrow(GatewayNotFoundError);
  });

  it('is not known here if another process may hold it', () => {
    const { assignment, service } = aService();
    assignment.add([2]);
    expect(() => service.get(EVERYWHERE, ID)).toThrow(NotReadyError);
  });

  it('is not known before the sessions have started', () => {
    const { assignment, service } = aService(false);
    assignment.add('all');
    expect(() => service.get(EVERYWHERE, ID)).toThrow(NotReadyError);
  });
});
