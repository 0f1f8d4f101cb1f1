import { Client } from 'pg';
import { Batches } from './batches';
import { CopyIn, copyRow, int8, timestamptz } from './copy-in';
import { given } from './given';
import { holdSessions } from './hold-sessions';
import type { Fleet } from './hold-sessions';
import type { Frame } from './session-loop';

// Stores what gateways send. Vibration readings by COPY, as float32 in a plain table. Temperatures by INSERT, each once: with a unique key, so
// that copies are ignored, the time of measurement in UTC, an index for trends, and a position for a feed, in the order of the commits.
const { databaseUrl, fleet } = given as { databaseUrl: string; fleet: Fleet };

const TABLES = `
  CREATE TABLE bare_vibration (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial bigint, record_id bigint, measured text, received_at timestamptz,
    x bytea STORAGE EXTERNAL, y bytea STORAGE EXTERNAL, z bytea STORAGE EXTERNAL);
  CREATE TABLE bare_temperatures (
    number bigint GENERATED ALWAYS AS IDENTITY, gateway integer, serial bigint, record_id bigint, measured text, measured_at timestamptz,
    received_at timestamptz, value real, PRIMARY KEY (gateway, serial, record_id, measured_at));
  CREATE INDEX ON bare_temperatures (gateway, serial, measured_at);
  CREATE INDEX ON bare_temperatures (number)`;

const COPY_VIBRATION =
  'COPY bare_vibration (serial, record_id, measured, received_at, x, y, z) FROM STDIN (FORMAT binary)';

const INSERT_TEMPERATURES = `
  INSERT INTO bare_temperatures (gateway, serial, record_id, measured, measured_at, received_at, value)
  SELECT gateway, serial, record_id, measured, measured::timestamp AT TIME ZONE 'Europe/Madrid', received_at, value
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::real[])
    AS given (gateway, serial, record_id, measured, received_at, value)
  ON CONFLICT DO NOTHING`;

interface Vibration {
  readonly Serial: number;
  readonly ID: number;
  readonly Time: string;
  readonly X: readonly number[];
  readonly Y: readonly number[];
  readonly Z: readonly number[];
}

interface Temperature {
  readonly Serial: number;
  readonly ID: number;
  readonly Time: string;
  readonly Temp: number;
  readonly gateway: number;
  readonly receivedAt: Date;
}

async function main(): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(TABLES);
  const vibration = new Batches<Buffer>(64, (rows) => client.query(new CopyIn(COPY_VIBRATION, rows)).done);
  const temperatures = new Batches<Temperature>(1000, (rows) => client.query(INSERT_TEMPERATURES, columnsOf(rows)));

  holdSessions(fleet, ({ Type, Data }: Frame, gateway) => {
    if (Type === 'NOT_DYN_READING') for (const record of recordsIn<Vibration>(Data)) vibration.add(rowOf(record));
    if (Type !== 'NOT_DYN_TEMP') return;
    const receivedAt = new Date();
    for (const record of recordsIn<Temperature>(Data)) temperatures.add({ ...record, gateway, receivedAt });
  });
  process.stdout.write('listening on http://127.0.0.1:0\n');
}

/** A gateway notifies an array of records, or an object of them. */
function recordsIn<Item>(data: unknown): Item[] {
  return Object.values(data as Record<string, Item>);
}

function rowOf({ Serial, ID, Time, X, Y, Z }: Vibration): Buffer {
  return copyRow([int8(Serial), int8(ID), Buffer.from(Time), timestamptz(Date.now()), ...[X, Y, Z].map(float32)]);
}

function float32(samples: readonly number[]): Uint8Array {
  return new Uint8Array(new Float32Array(samples).buffer);
}

function columnsOf(rows: readonly Temperature[]): unknown[] {
  return [
    rows.map(({ gateway }) => gateway),
    rows.map(({ Serial }) => Serial),
    rows.map(({ ID }) => ID),
    rows.map(({ Time }) => Time),
    rows.map(({ receivedAt }) => receivedAt),
    rows.map(({ Temp }) => Temp),
  ];
}

void main();
