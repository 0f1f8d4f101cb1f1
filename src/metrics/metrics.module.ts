import { Module } from '@nestjs/common';
import { AcquisitionsModule } from '../acquisitions/acquisitions.module';
import { ApiKeysModule } from '../api-keys/api-keys.module';
import { ConnectionsModule } from '../connections/connections.module';
import { FactoriesModule } from '../factories/factories.module';
import { HistoryModule } from '../history/history.module';
import { LoginBudgetModule } from '../login-budget/login-budget.module';
import { OwnershipModule } from '../ownership/ownership.module';
import { CatchUpModule } from '../readings/catch-up/catch-up.module';
import { IngestModule } from '../readings/ingest/ingest.module';
import { RetentionModule } from '../readings/retention/retention.module';
import { StatusModule } from '../status/status.module';
import { StreamModule } from '../stream/stream.module';
import { ClusterMetrics } from './cluster-metrics';
import { FactoryLabels } from './factory-labels';
import { FleetMetrics } from './fleet-metrics';
import { MetricsAccess } from './metrics-access';
import { MetricsPage } from './metrics-page';
import { ReadingMetrics } from './reading-metrics';
import { RequestDurations } from './request-durations';
import { ServiceMetrics } from './service-metrics';
import { SessionMetrics } from './session-metrics';

@Module({
  imports: [
    ...[AcquisitionsModule, ApiKeysModule, CatchUpModule, ConnectionsModule, FactoriesModule, HistoryModule],
    ...[IngestModule, LoginBudgetModule, OwnershipModule, RetentionModule, StatusModule, StreamModule],
  ],
  providers: [
    ...[ClusterMetrics, FactoryLabels, FleetMetrics, MetricsAccess, MetricsPage],
    ...[ReadingMetrics, RequestDurations, ServiceMetrics, SessionMetrics],
  ],
})
export class MetricsModule {}
