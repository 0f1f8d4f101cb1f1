import { toArrayParameter } from './array-parameter';
import type { ReadingKey, ReadingRow, WaveformFacts } from './reading-row';
import { storableJson, storableText } from './storable';

/** A column of a table of readings. */
export interface ReadingColumn {
  readonly property: string;
  readonly name: string;
  readonly type: string;
}

/** A statement and its values. */
export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Where to look for a reading that a record may be a copy of. */
export interface Lookup extends ReadingKey {
  /** Of the record in its batch. */
  readonly position: number;
}

/** A row as the driver returns it. */
type RawRow = Readonly<Record<string, unknown>>;

const KEY = ['sensorNumber', 'era', 'recordId', 'day'];
const COMMON = [
  ...KEY,
  ...['number', 'feedPosition', 'measuredAt', 'receivedAt', 'timeText', 'timeQuality', 'origin', 'extra'],
];
const WAVEFORM = ['samples', 'sampleRateHz', 'rateSource', 'waveformState'];

/** Written by others. */
const NOT_OURS = ['pinned'];

/** The SQL of one table of readings. Each statement handles any number of rows, with one array per column. */
export class ReadingTable {
  private readonly columns: readonly ReadingColumn[];

  constructor(
    private readonly name: string,
    columns: readonly ReadingColumn[],
  ) {
    this.columns = columns.filter(({ property }) => !NOT_OURS.includes(property));
  }

  /** Finds the rows with these keys, each with the `position` of its look-up. */
  find(lookups: readonly Lookup[]): Sql {
    const key = this.columns.filter(({ property }) => KEY.includes(property));
    const selected = this.columns.map(({ name, property, type }) => `stored.${name}${asText(type)} AS "${property}"`);
    const given = [{ property: 'position', name: 'position', type: 'integer' }, ...key];
    return {
      text: `SELECT given.position, ${selected.join(', ')} FROM ${unnest(given)} AS given (${namesOf(given)})
        JOIN ${this.name} AS stored ON ${equal(key, 'stored')}`,
      values: given.map(({ property }) => lookups.map((lookup) => lookup[property as keyof Lookup])),
    };
  }

  insert(rows: readonly ReadingRow[]): Sql {
    return {
      // Not `FROM unnest(…)`, which first writes each column to a store of its own: that takes a sixth of the time.
      text: `INSERT INTO ${this.name} (${namesOf(this.columns)}) SELECT ${arraysAsRows(this.columns).join(', ')}`,
      values: this.arraysOf(rows),
    };
  }

  /** Writes all columns of rows that exist. */
  update(rows: readonly ReadingRow[]): Sql {
    const [key, others] = [true, false].map((isKey) =>
      this.columns.filter(({ property }) => KEY.includes(property) === isKey),
    ) as [ReadingColumn[], ReadingColumn[]];
    return {
      text: `UPDATE ${this.name} AS stored SET ${others.map(({ name }) => `${name} = given.${name}`).join(', ')}
        FROM ${unnest(this.columns)} AS given (${namesOf(this.columns)}) WHERE ${equal(key, 'stored')}`,
      values: this.arraysOf(rows),
    };
  }

  /** Marks the sensors of these new readings whose ids another sensor of the gateway uses too: then ids are per sensor. */
  learnScope(suspects: readonly ScopeSuspect[]): Sql {
    return {
      text: `UPDATE record_ranges AS ledger SET scope = 'sensor'
        FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::bigint[], $5::integer[])
          AS given (gateway_id, kind, era, record_id, sensor_number)
        WHERE ledger.gateway_id = given.gateway_id AND ledger.kind = given.kind AND ledger.era = given.era
          AND EXISTS (SELECT FROM sensors JOIN ${this.name} AS stored ON stored.sensor_number = sensors.number
            WHERE sensors.gateway_id = given.gateway_id AND sensors.number <> given.sensor_number
              AND stored.era = given.era AND stored.record_id = given.record_id)`,
      values: [
        suspects.map(({ gatewayId }) => gatewayId),
        suspects.map(({ kind }) => kind),
        suspects.map(({ row }) => row.era),
        suspects.map(({ row }) => row.recordId),
        suspects.map(({ row }) => row.sensorNumber),
      ],
    };
  }

  /** A row that `find` has returned. */
  parse(raw: RawRow): ReadingRow {
    const figures: Record<string, number | null> = {};
    const waveform: Record<string, unknown> = {};
    for (const { property, type } of this.columns) {
      const value = raw[property] ?? null;
      if (WAVEFORM.includes(property)) waveform[property] = value;
      // PostgreSQL writes as few digits as distinguish the values of single precision.
      else if (!COMMON.includes(property)) figures[property] = toNumber(value, type);
    }
    const common = Object.fromEntries(COMMON.map((property) => [property, raw[property] ?? null]));
    return {
      ...(common as unknown as ReadingRow),
      number: Number(raw['number']),
      feedPosition: Number(raw['feedPosition']),
      figures,
      waveform: 'samples' in waveform ? (waveform as unknown as WaveformFacts) : null,
    };
  }

  private arraysOf(rows: readonly ReadingRow[]): string[] {
    return this.columns.map(({ property, type }) => {
      const read = readerOf(property);
      const write = writerOf(type);
      return toArrayParameter(
        rows.map((row) => write(read(row))),
        type,
      );
    });
  }
}

/** A new reading whose id was known already. */
export interface ScopeSuspect {
  readonly gatewayId: string;
  readonly kind: string;
  readonly row: ReadingRow;
}

function unnest(columns: readonly ReadingColumn[]): string {
  return `unnest(${parametersOf(columns).join(', ')})`;
}

/** Expressions for a list of `SELECT`. All arrays must have the same length. */
function arraysAsRows(columns: readonly ReadingColumn[]): string[] {
  return parametersOf(columns).map((parameter) => `unnest(${parameter})`);
}

function parametersOf(columns: readonly ReadingColumn[]): string[] {
  return columns.map(({ type }, index) => `$${index + 1}::${type}[]`);
}

function namesOf(columns: readonly ReadingColumn[]): string {
  return columns.map(({ name }) => name).join(', ');
}

function equal(columns: readonly ReadingColumn[], table: string): string {
  return columns.map(({ name }) => `${table}.${name} = given.${name}`).join(' AND ');
}

/** The driver would read a date as midnight of this machine's time zone. */
function asText(type: string): string {
  return type === 'date' ? '::text' : '';
}

function toNumber(value: unknown, type: string): number | null {
  if (typeof value !== 'number') return null;
  return type === 'real' ? Math.fround(value) : value;
}

/** Reads a property of the entity from a row. */
function readerOf(property: string): (row: ReadingRow) => unknown {
  if (COMMON.includes(property)) return (row) => row[property as keyof ReadingRow];
  if (WAVEFORM.includes(property)) return ({ waveform }) => waveform?.[property as keyof WaveformFacts] ?? null;
  return ({ figures }) => figures[property] ?? null;
}

type Value = string | number | null;

/** Writes what `readerOf` has read, as the text of an element of an array. Made for one column of a batch. */
function writerOf(type: string): (value: unknown) => Value {
  if (type === 'timestamptz') return instantWriter();
  if (type === 'jsonb') return (value) => (value === null ? null : storableJson(value));
  if (type === 'text') return (value) => (typeof value === 'string' ? storableText(value) : null);
  return (value) => value as Value;
}

/** Neighbours often have the same instant, and writing one takes longer than all the rest of a row. */
function instantWriter(): (value: unknown) => Value {
  let [last, text] = [NaN, ''];
  return (value) => {
    if (!(value instanceof Date)) return null;
    if (value.getTime() !== last) [last, text] = [value.getTime(), value.toISOString()];
    return text;
  };
}
