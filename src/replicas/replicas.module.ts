import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { StatusModule } from '../status/status.module';
import { StreamModule } from '../stream/stream.module';
import { EventCourier } from './event-courier';
import { FleetRuntime } from './fleet-runtime';
import { ReplicaFigures } from './replica-figures';
import { ReplicasController } from './replicas.controller';

/** The gateways of all replicas, in each of them. */
@Module({
  imports: [GatewaysModule, OrganizationsModule, OwnershipModule, StatusModule, StreamModule],
  controllers: [ReplicasController],
  providers: [EventCourier, FleetRuntime, ReplicaFigures],
})
export class ReplicasModule {}
