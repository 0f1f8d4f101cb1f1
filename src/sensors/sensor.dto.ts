import { z } from 'zod';
import { createZodDto } from '../http/contract/zod-dto';
import { id, optionalQueryFlag, requiredText, timestamp } from '../http/contract/fields';
import { metadata, storedMetadata } from '../http/contract/metadata';
import { pageOf, serialPageQuery, sortedSerialPageQuery, toListRequest } from '../http/contract/page.dto';
import type { ListRequest } from '../http/contract/page.dto';
import { updateOfObserved } from '../http/contract/read-only';
import type { AccessPointRow } from './access-point.entity';
import type { AccessPointQuery } from './access-points.repository';
import type { SensorRow } from './sensor.entity';
import type { SensorChanges } from './sensors.repository';
import type { InventoryRequest, Observed, SensorListQuery } from './sensors.service';

const MAX_INTERVAL_S = 31_536_000;

const serial = z.int().meta({ example: 30000033 });
const serialQuery = z.string().regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0, of at most 15 digits');

const settings = z
  .strictObject({
    sample_rate_hz: z
      .number()
      .min(0.001)
      .max(1e7)
      .meta({ description: 'Used instead of the rate that the gateway reports', example: 25_600 }),
    acceleration_unit: z.enum(['g', 'm_s2']),
    temperature_unit: z.enum(['celsius', 'fahrenheit']),
  })
  .partial();

/** The same in a response, without checks. */
const storedSettings = z
  .object({
    sample_rate_hz: z.number().meta({ example: 25_600 }),
    acceleration_unit: z.enum(['g', 'm_s2']),
    temperature_unit: z.enum(['celsius', 'fahrenheit']),
  })
  .partial()
  .meta({ id: 'SensorSettings', example: { sample_rate_hz: 25_600 } });

// No defaults here: partial() would apply them to fields that a change does not name.
const changeable = {
  name: requiredText(255).meta({ example: 'Press line 4, drive end' }),
  settings: settings.meta({ description: 'Replaced as a whole', example: { sample_rate_hz: 25_600 } }),
  expected_interval_s: z.int().min(1).max(MAX_INTERVAL_S).nullable().meta({
    description: 'How often a reading is expected, in seconds; `overdue` is computed from it',
    example: 3600,
  }),
  metadata,
};

const latestReading = (unit: string) =>
  z
    .object({
      reading_id: z.string().meta({ example: '2026-03-01-42' }),
      measured_at: timestamp,
      value: z.number().nullable().meta({ description: unit, example: 21 }),
    })
    .nullable();

const observedNumber = (description: string, example: number) => z.number().nullable().meta({ description, example });
const observedText = (description: string, example: string) => z.string().nullable().meta({ description, example });

/** Whether a gateway reaches something, in four fields. */
const connection = {
  connected: z.boolean().nullable().meta({
    description: 'Whether the gateway reaches it now; null if the gateway is not connected, or has never said',
  }),
  last_connected: z.boolean().nullable().meta({ description: 'The same, as the gateway said last' }),
  connection_changed_at: timestamp.nullable().meta({ description: 'When `last_connected` last changed' }),
  connection_as_of: timestamp.nullable().meta({
    description:
      'Until when `last_connected` was known to hold: now, or the last sign of life of a gateway that is not connected',
  }),
};

const sensor = z
  .object({
    id,
    gateway_id: id,
    serial: serial.meta({ description: 'Unique per gateway' }),
    name: z.string().meta({ example: 'Press line 4, drive end' }),
    listed: z.boolean().meta({ description: 'Whether the last inventory of the gateway names it' }),
    ...connection,
    access_point_serial: serial.nullable().meta({ description: 'The access point that it is connected through' }),
    part_number: observedText('As reported', 'WS300'),
    hw_version: observedText('As reported', '1.2'),
    fw_version: observedText('As reported', '3.4'),
    read_rate: observedNumber('`ReadRate` as reported; its meaning is not documented', 3600),
    read_period: observedNumber('`ReadPeriod` as reported; its meaning is not documented', 60),
    samples: z.int().nullable().meta({ description: 'Points per axis', example: 4096 }),
    g_mode: observedText('`GMode` as reported', '16'),
    freq_mode: observedText('`FreqMode` as reported', '1'),
    coupling: observedNumber('`Coupling` as reported', 1),
    fs_hz: observedNumber('Sampling rate as reported, presumably in Hz', 25_600),
    fmax_hz: observedNumber('Highest frequency as reported, presumably in Hz', 10_000),
    extra: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Further fields as reported', example: { Machine: 'Pump 4' } }),
    latest_vibration: latestReading('Reserved'),
    latest_temperature: latestReading('The temperature, in the unit of the gateway'),
    latest_battery: latestReading('The charge, in the unit of the gateway'),
    last_reading_age_s: z.int().nullable().meta({
      description: 'Seconds since the latest reading of any kind was measured; null if there is none',
      example: 420,
    }),
    overdue: z.boolean().nullable().meta({
      description: 'Whether that is more than twice `expected_interval_s`; null if none is set, or there is no reading',
    }),
    settings: storedSettings,
    expected_interval_s: z.int().nullable().meta({ example: 3600 }),
    metadata: storedMetadata,
    created_at: timestamp,
    updated_at: timestamp.meta({ description: 'When a user last changed it' }),
    as_of: timestamp.meta({ description: 'When this was read' }),
  })
  .meta({ id: 'Sensor' });

export class SensorQueryDto extends createZodDto(
  z.strictObject({
    ...sortedSerialPageQuery,
    gateway_id: id.optional().meta({ description: 'Only sensors of this gateway' }),
    factory_id: id.optional().meta({ description: 'Only sensors of gateways of this factory' }),
    serial: serialQuery.optional().meta({
      description: 'Only sensors with this serial: one per gateway that has reported it',
      example: '30000033',
    }),
    connection: z
      .enum(['connected', 'disconnected', 'unknown'])
      .optional()
      .meta({ description: '`unknown`: those whose `connected` is null' }),
    listed: optionalQueryFlag.meta({
      description: 'Only those that the last inventory of their gateway names, or not',
    }),
    search: requiredText(255)
      .optional()
      .meta({ description: 'Only those whose name or serial contains this text; case-insensitive' }),
  }),
) {}

export class UpdateSensorDto extends createZodDto(
  updateOfObserved(sensor, changeable, ['gateway_id', 'serial']).meta({
    id: 'UpdateSensor',
    example: { name: 'Press line 4, drive end', expected_interval_s: 3600 },
  }),
) {}

export class SensorDto extends createZodDto(sensor) {}

export class SensorPageDto extends createZodDto(pageOf(sensor).meta({ id: 'SensorPage' })) {}

const accessPoint = z
  .object({ id, gateway_id: id, serial, ...connection, created_at: timestamp, as_of: timestamp })
  .meta({ id: 'AccessPoint' });

export class AccessPointQueryDto extends createZodDto(
  z.strictObject({
    ...serialPageQuery,
    gateway_id: id.optional().meta({ description: 'Only access points of this gateway' }),
  }),
) {}

export class AccessPointPageDto extends createZodDto(pageOf(accessPoint).meta({ id: 'AccessPointPage' })) {}

export class InventoryRequestDto extends createZodDto(
  z
    .object({
      gateway_id: id,
      connected: z.boolean().meta({ description: 'If false, the gateway is asked after its next login' }),
      requested_at: timestamp,
      last_inventory_at: timestamp.nullable().meta({
        description: 'When the gateway last listed its sensors to this process; null if it has not',
      }),
    })
    .meta({ id: 'InventoryRequest' }),
) {}

export function toSensorQuery({
  gateway_id,
  factory_id,
  listed,
  ...query
}: SensorQueryDto): SensorListQuery & ListRequest {
  const { serial: number, connection: state, search, ...page } = query;
  const filters = [gateway_id, factory_id, number, state, listed === undefined ? undefined : String(listed), search];
  return {
    ...toListRequest('sensors', page, filters),
    ...(gateway_id !== undefined && { gatewayId: gateway_id }),
    ...(factory_id !== undefined && { factoryId: factory_id }),
    ...(number !== undefined && { serial: number }),
    ...(state !== undefined && { connection: state }),
    ...(listed !== undefined && { listed }),
    ...(search !== undefined && { search }),
  };
}

export function toAccessPointQuery({ gateway_id, ...page }: AccessPointQueryDto): AccessPointQuery & ListRequest {
  return {
    ...toListRequest('access-points', page, [gateway_id]),
    ...(gateway_id !== undefined && { gatewayId: gateway_id }),
  };
}

export function toSensorChanges(body: UpdateSensorDto): SensorChanges {
  const { name, settings: changed, expected_interval_s, metadata: data, gateway_id, serial: number } = body;
  return {
    ...(name !== undefined && { name }),
    ...(changed !== undefined && { settings: changed }),
    ...(expected_interval_s !== undefined && { expectedIntervalS: expected_interval_s }),
    ...(data !== undefined && { metadata: data }),
    ...(gateway_id !== undefined && { gatewayId: gateway_id }),
    ...(number !== undefined && { serial: String(number) }),
  };
}

export function toSensorDto({ row, connected, asOf }: Observed<SensorRow>): SensorDto {
  const now = new Date();
  const latest = [row.latestVibrationMeasuredAt, row.latestTemperatureMeasuredAt, row.latestBatteryMeasuredAt];
  const measured = latest.filter((at) => at !== null).map((at) => at.getTime());
  const ageS = measured.length === 0 ? null : Math.round((now.getTime() - Math.max(...measured)) / 1000);
  return {
    id: row.id,
    gateway_id: row.gatewayId,
    serial: Number(row.serial),
    name: row.name,
    listed: row.listed,
    ...toConnectionFields(row, connected, asOf),
    access_point_serial: row.accessPointSerial === null ? null : Number(row.accessPointSerial),
    part_number: row.partNumber,
    hw_version: row.hwVersion,
    fw_version: row.fwVersion,
    read_rate: row.readRate,
    read_period: row.readPeriod,
    samples: row.samples,
    g_mode: row.gMode,
    freq_mode: row.freqMode,
    coupling: row.coupling,
    fs_hz: row.fsHz,
    fmax_hz: row.fmaxHz,
    extra: row.extra,
    latest_vibration: toLatest(
      row.latestVibrationMeasuredAt,
      row.latestVibrationDay,
      row.latestVibrationNumber,
      row.latestVibrationValue,
    ),
    latest_temperature: toLatest(
      row.latestTemperatureMeasuredAt,
      row.latestTemperatureDay,
      row.latestTemperatureNumber,
      row.latestTemperatureValue,
    ),
    latest_battery: toLatest(
      row.latestBatteryMeasuredAt,
      row.latestBatteryDay,
      row.latestBatteryNumber,
      row.latestBatteryValue,
    ),
    last_reading_age_s: ageS,
    overdue: ageS === null || row.expectedIntervalS === null ? null : ageS > 2 * row.expectedIntervalS,
    settings: row.settings,
    expected_interval_s: row.expectedIntervalS,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    as_of: now.toISOString(),
  };
}

export function toAccessPointDto({
  row,
  connected,
  asOf,
}: Observed<AccessPointRow>): AccessPointPageDto['data'][number] {
  return {
    id: row.id,
    gateway_id: row.gatewayId,
    serial: Number(row.serial),
    ...toConnectionFields(row, connected, asOf),
    created_at: row.createdAt.toISOString(),
    as_of: new Date().toISOString(),
  };
}

export function toInventoryRequestDto(
  gatewayId: string,
  { requestedAt, lastInventoryAt, isConnected }: InventoryRequest,
): InventoryRequestDto {
  return {
    gateway_id: gatewayId,
    connected: isConnected,
    requested_at: requestedAt.toISOString(),
    last_inventory_at: lastInventoryAt?.toISOString() ?? null,
  };
}

function toConnectionFields(
  row: Pick<SensorRow, 'connected' | 'connectionChangedAt'>,
  connected: boolean | null,
  asOf: Date | null,
) {
  return {
    connected,
    last_connected: row.connected,
    connection_changed_at: row.connectionChangedAt?.toISOString() ?? null,
    connection_as_of: asOf?.toISOString() ?? null,
  };
}

function toLatest(measuredAt: Date | null, day: string | null, number: string | null, value: number | null) {
  if (measuredAt === null || day === null || number === null) return null;
  return { reading_id: `${day}-${number}`, measured_at: measuredAt.toISOString(), value };
}
