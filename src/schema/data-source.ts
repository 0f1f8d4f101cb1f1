import pg from 'pg';
import type { DataSource } from 'typeorm';
import { CreateOrganizations1770000001000 } from '../../migrations/1770000001000-create-organizations';
import { CreateFactories1770000002000 } from '../../migrations/1770000002000-create-factories';
import { CreateGateways1770000003000 } from '../../migrations/1770000003000-create-gateways';
import { AddGatewayTlsAndLoginBudget1770000004000 } from '../../migrations/1770000004000-add-gateway-tls-and-login-budget';
import { CreateGatewayConnectionEvents1770000005000 } from '../../migrations/1770000005000-create-gateway-connection-events';
import { CreateGatewayAccounts1770000006000 } from '../../migrations/1770000006000-create-gateway-accounts';
import { AddSortIndexes1770000007000 } from '../../migrations/1770000007000-add-sort-indexes';
import { AddGatewayOrganization1770000008000 } from '../../migrations/1770000008000-add-gateway-organization';
import { CreateGatewayLogins1770000009000 } from '../../migrations/1770000009000-create-gateway-logins';
import { AddOrganizationScopeAndRevisions1770000010000 } from '../../migrations/1770000010000-add-organization-scope-and-revisions';
import { CreateApiKeys1770000011000 } from '../../migrations/1770000011000-create-api-keys';
import { CreateAuditLog1770000012000 } from '../../migrations/1770000012000-create-audit-log';
import { CreateIdempotencyKeys1770000013000 } from '../../migrations/1770000013000-create-idempotency-keys';
import { AddOrganizationNetworks1770000013500 } from '../../migrations/1770000013500-add-organization-networks';
import { CreateSensors1770000014000 } from '../../migrations/1770000014000-create-sensors';
import { CreateReadings1770000015000 } from '../../migrations/1770000015000-create-readings';
import { CreateCatchUp1770000016000 } from '../../migrations/1770000016000-create-catch-up';
import { CreateZoneCorrections1770000017000 } from '../../migrations/1770000017000-create-zone-corrections';
import { CreateSeverityLimits1770000018000 } from '../../migrations/1770000018000-create-severity-limits';
import { CreateAcquisitions1770000018500 } from '../../migrations/1770000018500-create-acquisitions';
import { CreateRetention1770000019000 } from '../../migrations/1770000019000-create-retention';
import { CreateSchedules1770000020000 } from '../../migrations/1770000020000-create-schedules';
import { IndexScheduledAcquisitions1770000020500 } from '../../migrations/1770000020500-index-scheduled-acquisitions';
import { CreateReplicas1770000021000 } from '../../migrations/1770000021000-create-replicas';
import { AddObserverOfConnectionEvents1770000022000 } from '../../migrations/1770000022000-add-observer-of-connection-events';
import { DropSensorKeysOfReadings1770000023000 } from '../../migrations/1770000023000-drop-sensor-keys-of-readings';
import { Acquisition } from '../acquisitions/acquisition.entity';
import { ApiKey } from '../api-keys/api-key.entity';
import { AuditRecord } from '../audit/audit-record.entity';
import type { Config } from '../config/config';
import { ConnectionEvent } from '../history/connection-event.entity';
import { bindCipher } from '../crypto/encrypted.column';
import type { CredentialCipher } from '../crypto/credential-cipher';
import { Factory } from '../factories/factory.entity';
import { Gateway } from '../gateways/gateway.entity';
import { GatewayAccount } from '../login-budget/gateway-account.entity';
import { GatewayLogin } from '../login-budget/gateway-login.entity';
import { Organization } from '../organizations/organization.entity';
import { ClusterEntity } from '../ownership/cluster.entity';
import { ReplicaEntity } from '../ownership/replica.entity';
import { ShardEntity } from '../ownership/shard.entity';
import { BatteryReading } from '../readings/storage/battery-reading.entity';
import { Backfill } from '../readings/catch-up/backfill.entity';
import { Schedule } from '../schedules/schedule.entity';
import { SeverityLimit } from '../severity/severity-limit.entity';
import { HistoryState } from '../readings/catch-up/history-state.entity';
import { KeptRecord } from '../readings/storage/kept-record.entity';
import { ZoneCorrection } from '../readings/storage/zone-correction.entity';
import { ReadingGap } from '../readings/storage/reading-gap.entity';
import { RecordRange } from '../readings/storage/record-range.entity';
import { TemperatureReading } from '../readings/storage/temperature-reading.entity';
import { VibrationReading } from '../readings/storage/vibration-reading.entity';
import { KeptWaveform } from '../readings/storage/kept-waveform.entity';
import { WaveformRetention } from '../readings/storage/waveform-retention.entity';
import { Waveform } from '../readings/storage/waveform.entity';
import { AccessPoint } from '../sensors/access-point.entity';
import { Sensor } from '../sensors/sensor.entity';
import { DatabaseClient } from '../database/database-client';
import type { DatabaseConnectionOptions } from '../database/database-client';
import { IdempotencyKey } from '../database/idempotency-key.entity';
import { PooledDataSource } from '../database/pooled-data-source';
import { dropReadOnlyConnections } from '../database/read-only-connections';
import { NamingStrategy } from '../database/naming.strategy';

const IDLE_MS = 10_000;

/** The only definition of the data source: the application, the commands and the tests all use it. */
export function createDataSource({ databaseAddress, env }: Config): DataSource {
  const statementTimeoutMs = env.DATABASE_STATEMENT_TIMEOUT_MS;
  const connection: DatabaseConnectionOptions = {
    address: databaseAddress,
    connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
    statementTimeoutMs,
    idleInTransactionTimeoutMs: 2 * statementTimeoutMs,
    // The server's time-out does not help when the network loses the answer, so the client closes the socket a little later. pg's
    // query_timeout would only fail the query, and leave the dead connection in the pool for the next one.
    silenceTimeoutMs: statementTimeoutMs && statementTimeoutMs + 1000,
  };
  return new PooledDataSource({
    type: 'postgres',
    driver: pg, // TypeORM would look for it by name, and find a second copy next to the bundled one.
    entities: [
      Organization,
      ApiKey,
      Factory,
      Gateway,
      GatewayAccount,
      GatewayLogin,
      ConnectionEvent,
      AuditRecord,
      IdempotencyKey,
      Sensor,
      AccessPoint,
      VibrationReading,
      TemperatureReading,
      BatteryReading,
      Waveform,
      KeptWaveform,
      WaveformRetention,
      RecordRange,
      ReadingGap,
      KeptRecord,
      HistoryState,
      Acquisition,
      Backfill,
      ZoneCorrection,
      SeverityLimit,
      Schedule,
      ReplicaEntity,
      ShardEntity,
      ClusterEntity,
    ],
    migrations: [
      CreateOrganizations1770000001000,
      CreateFactories1770000002000,
      CreateGateways1770000003000,
      AddGatewayTlsAndLoginBudget1770000004000,
      CreateGatewayConnectionEvents1770000005000,
      CreateGatewayAccounts1770000006000,
      AddSortIndexes1770000007000,
      AddGatewayOrganization1770000008000,
      CreateGatewayLogins1770000009000,
      AddOrganizationScopeAndRevisions1770000010000,
      CreateApiKeys1770000011000,
      CreateAuditLog1770000012000,
      CreateIdempotencyKeys1770000013000,
      AddOrganizationNetworks1770000013500,
      CreateSensors1770000014000,
      CreateReadings1770000015000,
      CreateCatchUp1770000016000,
      CreateZoneCorrections1770000017000,
      CreateSeverityLimits1770000018000,
      CreateAcquisitions1770000018500,
      CreateRetention1770000019000,
      CreateSchedules1770000020000,
      IndexScheduledAcquisitions1770000020500,
      CreateReplicas1770000021000,
      AddObserverOfConnectionEvents1770000022000,
      DropSensorKeysOfReadings1770000023000,
    ],
    namingStrategy: new NamingStrategy(),
    synchronize: false,
    uuidExtension: 'pgcrypto', // Makes TypeORM use gen_random_uuid(), which is built into PostgreSQL since version 13,
    installExtensions: false, // so there is no extension to install.
    poolSize: env.DATABASE_POOL_SIZE,
    connectTimeoutMS: env.DATABASE_CONNECT_TIMEOUT_MS,
    extra: {
      Client: clientOf(connection),
      idleTimeoutMillis: Math.min(statementTimeoutMs, IDLE_MS), // Earlier than the socket time-out, which would count as an error.
    },
  });
}

/** Connects, and binds the encrypted columns to the cipher so that they can be read and written. */
export async function openDataSource(config: Config, cipher: CredentialCipher): Promise<DataSource> {
  const dataSource = await createDataSource(config).initialize();
  dropReadOnlyConnections(dataSource);
  bindCipher(dataSource, cipher);
  return dataSource;
}

/** The pool creates its connections from the given class; the options it passes to the constructor are ignored. */
function clientOf(connection: DatabaseConnectionOptions): new () => DatabaseClient {
  return class extends DatabaseClient {
    constructor() {
      super(connection);
    }
  };
}

/** Opens the database, runs `work`, and closes the database. */
export async function withDataSource<Result>(
  config: Config,
  cipher: CredentialCipher,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  const dataSource = await openDataSource(config, cipher);
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
