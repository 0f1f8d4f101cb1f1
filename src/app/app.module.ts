import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AcquisitionsModule } from '../acquisitions/acquisitions.module';
import { ApiKeysModule } from '../api-keys/api-keys.module';
import { AuditModule } from '../audit/audit.module';
import { BusModule } from '../bus/bus.module';
import type { Config } from '../config/config';
import { ConfigModule } from '../config/config.module';
import { ConnectionTestsModule } from '../connection-tests/connection-tests.module';
import { ConnectionsModule } from '../connections/connections.module';
import { CryptoModule } from '../crypto/crypto.module';
import { DatabaseModule } from '../schema/database.module';
import { EventsModule } from '../events/events.module';
import { FactoriesModule } from '../factories/factories.module';
import { FleetModule } from '../fleet/fleet.module';
import { GatewaysModule } from '../gateways/gateways.module';
import { HealthModule } from '../health/health.module';
import { HistoryModule } from '../history/history.module';
import { HttpModule } from '../http/http.module';
import { LoggingModule } from '../logging/logging.module';
import { LoginBudgetModule } from '../login-budget/login-budget.module';
import { MetricsModule } from '../metrics/metrics.module';
import { OrganizationsModule } from '../organizations/organizations.module';
import { CatchUpModule } from '../readings/catch-up/catch-up.module';
import { IngestModule } from '../readings/ingest/ingest.module';
import { ReadingsModule } from '../readings/readings.module';
import { ReadingsStorageModule } from '../readings/storage/readings-storage.module';
import { ReplicasModule } from '../replicas/replicas.module';
import { RoutingModule } from '../routing/routing.module';
import { SchedulesModule } from '../schedules/schedules.module';
import { SensorsModule } from '../sensors/sensors.module';
import { SeverityModule } from '../severity/severity.module';
import { SignInModule } from '../sign-in/sign-in.module';
import { StatusModule } from '../status/status.module';
import { StreamModule } from '../stream/stream.module';

@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(),
        CryptoModule,
        DatabaseModule,
        EventsModule,
        BusModule,
        RoutingModule,
        HttpModule,
        OrganizationsModule,
        ApiKeysModule,
        FactoriesModule,
        GatewaysModule,
        LoginBudgetModule,
        StatusModule,
        FleetModule,
        ConnectionsModule,
        ConnectionTestsModule,
        SensorsModule,
        SeverityModule,
        HistoryModule,
        StreamModule,
        ReplicasModule,
        ReadingsModule,
        ReadingsStorageModule,
        IngestModule,
        CatchUpModule,
        AcquisitionsModule,
        SchedulesModule,
        AuditModule,
        SignInModule,
        HealthModule,
        ...(config.env.METRICS_ENABLED ? [MetricsModule] : []),
      ],
    };
  }
}
