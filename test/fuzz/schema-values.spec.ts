import fc from 'fast-check';
import type { Schema } from './document';
import { broken, valid } from './schema-values';
import { problemOf } from './validators';

const SCHEMAS: Record<string, Schema> = {
  text: { type: 'string', minLength: 2, maxLength: 5 },
  'text with a pattern': { type: 'string', pattern: '^[a-f]{2}$' },
  'a UUID': { type: 'string', format: 'uuid' },
  'one of several texts': { type: 'string', enum: ['a', 'b'] },
  'an integer': { type: 'integer', minimum: 1, maximum: 3 },
  'a flag': { type: 'boolean' },
  'a number or null': { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
  'a list': { type: 'array', items: { type: 'string', minLength: 1 }, maxItems: 2 },
  'an object': {
    type: 'object',
    properties: {
      label: { type: 'string', minLength: 1 },
      inner: { type: 'object', properties: { size: { type: 'integer', maximum: 9 } }, additionalProperties: false },
      updated: { type: 'string', format: 'date-time', readOnly: true },
    },
    required: ['label'],
    additionalProperties: false,
  },
};

describe.each(Object.entries(SCHEMAS))('%s', (_, schema) => {
  it('has values that the schema accepts', () => {
    fc.assert(fc.property(valid(schema), (value) => expect(problemOf(schema, value)).toBeNull()));
  });

  it('has values that the schema refuses', () => {
    fc.assert(fc.property(rulesBrokenIn(schema), (value) => expect(problemOf(schema, value)).not.toBeNull()));
  });
});

it('breaks every rule of an object', () => {
  const schema = SCHEMAS['an object'] ?? {};
  const problems = fc
    .sample(rulesBrokenIn(schema), { numRuns: 1000, seed: 1 })
    .map((value) => problemOf(schema, value) ?? '');
  for (const part of [
    'required property',
    'additional properties',
    'data/label must NOT have fewer',
    'data/inner/size must be <= 9',
  ]) {
    expect(problems.some((problem) => problem.includes(part))).toBe(true);
  }
});

it('has nothing that breaks a schema without rules, or that of a field which the service maintains', () => {
  expect(broken({})).toBeNull();
  expect(broken({ type: 'string' }, { isParameter: true })).toBeNull();
  expect(broken({ type: 'string', minLength: 1, readOnly: true })).toBeNull();
});

it('refuses a schema with a word that it does not know', () => {
  const schema = { type: 'string', contentEncoding: 'base64' } as Schema;
  expect(() => valid(schema)).toThrow('the generators do not know the words contentEncoding');
});

function rulesBrokenIn(schema: Schema): fc.Arbitrary<unknown> {
  const values = broken(schema);
  if (!values) throw new Error('the schema has no rule');
  return values;
}
