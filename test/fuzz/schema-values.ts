import fc from 'fast-check';
import { SCHEMA_WORDS } from './document';
import type { Schema } from './document';
import { DAYS, MEANINGS } from './meanings';

type Value = fc.Arbitrary<unknown>;
type Fields = Record<string, unknown>;

/**
 * Values that a schema accepts.
 * @param name of the field or parameter: see `MEANINGS`
 * @throws Error if the schema has a word that is not known here
 */
export function valid(given: Schema, name = ''): Value {
  const schema = understood(given);
  const meaning = schema.format === 'date' ? DAYS[name] : MEANINGS[name];
  if (meaning) return meaning;
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => valid(each, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return validText(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000_000, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valid(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: schema.maxItems ?? 5 });
    case 'object':
      return validObject(schema);
    default:
      return smallJson;
  }
}

/**
 * Values that break one rule of a schema, at any depth. Null if it has no rule.
 * @param isParameter values are text, so a text of another type does not exist
 */
export function broken(given: Schema, { isParameter = false, isNullable = false } = {}): Value | null {
  const schema = understood(given);
  if (schema.readOnly === true) return null; // A PUT accepts any value for a field that the service maintains.
  const ways = [...brokenText(schema), ...brokenNumber(schema), ...brokenObject(schema), ...brokenArray(schema)];
  if (!(isParameter && schema.type === 'string')) ways.push(...ofAnotherType(schema, isNullable));
  const branches = schema.anyOf ?? [];
  for (const branch of branches) {
    const way = broken(branch, { isParameter, isNullable: branches.some(({ type }) => type === 'null') });
    if (way && branch.type !== 'null') ways.push(way);
  }
  return ways.length === 0 ? null : fc.oneof(...ways);
}

const OF_TYPES: readonly [types: readonly Schema['type'][], value: unknown][] = [
  [['string'], 'text'],
  [['number', 'integer'], 7],
  [['number'], 1.5],
  [['boolean'], true],
  [['array'], []],
  [['object'], {}],
  [['null'], null],
];

function ofAnotherType({ type }: Schema, isNullable: boolean): Value[] {
  if (type === undefined) return [];
  const others = OF_TYPES.filter(([types]) => !types.includes(type) && !(isNullable && types.includes('null')));
  return [fc.constantFrom(...others.map(([, value]) => value))];
}

function brokenText({ type, minLength = 0, maxLength, pattern, format, enum: allowed }: Schema): Value[] {
  if (type !== 'string') return [];
  const ways: Value[] = [];
  if (minLength > 0) ways.push(fc.constant('x'.repeat(minLength - 1)));
  if (maxLength !== undefined) ways.push(fc.constant('x'.repeat(maxLength + 1)));
  if (allowed) ways.push(fc.constantFrom('', 'none of these'));
  if (format === 'uuid')
    ways.push(fc.constantFrom('1', 'null', '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c3', `${'g'.repeat(8)}-1`));
  if (format === 'date-time') ways.push(fc.constantFrom('yesterday', '2026-02-30T00:00:00Z', '2026-02-09 10:00'));
  if (pattern !== undefined) {
    const rule = new RegExp(pattern, 'u');
    ways.push(fc.constantFrom('', '@', 'x', 'x@', 'x y').filter((text) => !rule.test(text)));
  }
  return ways;
}

function brokenNumber({ type, minimum, maximum }: Schema): Value[] {
  if (type !== 'integer' && type !== 'number') return [];
  return [...(minimum === undefined ? [] : [minimum - 1]), ...(maximum === undefined ? [] : [maximum + 1])].map(
    (value) => fc.constant(value),
  );
}

function brokenArray({ items, minItems = 0 }: Schema): Value[] {
  const bad = items && broken(items);
  return [...(minItems > 0 ? [fc.constant([])] : []), ...(bad ? [bad.map((item) => [item])] : [])];
}

function brokenObject(schema: Schema): Value[] {
  const { properties, required = [], additionalProperties } = schema;
  if (!properties) return [];
  const good = validObject(schema);
  const ways: Value[] = required.map((name) => good.map((fields) => without(fields, name)));
  if (additionalProperties === false) ways.push(good.map((fields) => ({ ...fields, pasword: 'x' })));
  for (const [name, property] of Object.entries(properties)) {
    const bad = broken(property);
    if (bad) ways.push(fc.tuple(good, bad).map(([fields, value]) => ({ ...fields, [name]: value })));
  }
  return ways;
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}

function validObject({ properties, required = [] }: Schema): fc.Arbitrary<Fields> {
  if (!properties) return fc.dictionary(fieldName, smallJson, { maxKeys: 4, noNullPrototype: true });
  const names = Object.keys(properties);
  const values = Object.entries(properties).map(([name, property]) => [name, valid(property, name)] as const);
  const all = fc.record<Fields>(Object.fromEntries(values), { noNullPrototype: true });
  // A change must name a field. Few optional ones: any of them may be the reason for a refusal that hides the rest.
  const optional = names.filter((name) => !required.includes(name));
  const chosen = fc.subarray(optional, {
    minLength: required.length > 0 ? 0 : Math.min(1, optional.length),
    maxLength: Math.min(3, optional.length),
  });
  return fc.tuple(all, chosen).map(([fields, kept]) => only(fields, [...required, ...kept]));
}

function only(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function validText({ minLength = 0, maxLength = 100, pattern, format }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: YEAR_1, max: YEAR_9999 }).map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength);
  // The service counts the units of UTF-16 and cuts off spaces, which a schema cannot say.
  const text = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) }).filter((value) => {
    const { length } = value.trim();
    const isShort = length <= maxLength && Array.from(value).length <= maxLength; // A schema counts code points.
    return length >= minLength && isShort && value.isWellFormed();
  });
  return fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: fc.constant('ü'.repeat(maxLength)) });
}

const YEAR_1 = new Date('0001-01-01T00:00:00Z');
const YEAR_9999 = new Date('9999-12-31T00:00:00Z');

/** The service refuses the two names of prototype pollution. */
const fieldName = fc.string({ maxLength: 8 }).filter((name) => !['__proto__', 'constructor'].includes(name));

const smallJson = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 0.5, '', 'B4', [], {}),
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.array(fc.constantFrom<unknown>('a', 1, null, { b: [] }), { maxLength: 3 }),
);

function understood(schema: Schema): Schema {
  const unknown = Object.keys(schema).filter((word) => !SCHEMA_WORDS.has(word));
  if (unknown.length > 0) throw new Error(`the generators do not know the words ${unknown.join(', ')}`);
  return schema;
}
