import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationsOf } from './document';
import type { Document } from './document';
import { requestsFor } from './requests';
import { problemOf } from './validators';

const document = JSON.parse(readFileSync(join(__dirname, '../../openapi.json'), 'utf8')) as Document;
const operations = operationsOf(document);
const samples = fc.sample(requestsFor(operations, ['a', 'b']), { numRuns: 5000, seed: 1 });

it('has requests of every operation, kind and caller', () => {
  const seen = new Set(samples.flatMap(({ operation, kind, caller }) => [operation, `${operation} ${kind}`, caller]));
  const expected = operations.flatMap(({ id }) => [id, `${id} valid`, `${id} wild`]);
  expect([...expected, 'a', 'b'].filter((each) => !seen.has(each))).toEqual([]);
});

it('sends bodies that match their schema in every valid request', () => {
  const bodies = samples.filter(({ kind, body }) => kind === 'valid' && body !== null);
  expect(bodies.length).toBeGreaterThan(100);
  for (const { operation, body } of bodies) {
    const schema = operations.find(({ id }) => id === operation)?.body?.schema ?? {};
    const withIds = (body ?? '').replace(/~(\w+)\.\d~/g, UUID); // References stand for ids.
    expect(problemOf(schema, JSON.parse(withIds))).toBeNull();
  }
});

it('repeats the same requests with the same seed', () => {
  const again = fc.sample(requestsFor(operations, ['a', 'b']), { numRuns: 50, seed: 1 });
  expect(again).toEqual(samples.slice(0, 50));
});

const UUID = '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35';
