import { metadata } from './metadata';
import { parseInput } from './validation';

/** No body that a route accepts can hold more values than this and be stored. */
const MOST_VALUES = 8192;

/** The same value, with a count of the fields that were read of it and of what is in it. */
function counted(value: object) {
  let reads = 0;
  const watch = (of: object): object =>
    new Proxy(of, {
      get: (target, key, receiver) => {
        reads += 1;
        const field: unknown = Reflect.get(target, key, receiver);
        return typeof field === 'object' && field !== null ? watch(field) : field;
      },
    });
  return { value: watch(value), reads: () => reads };
}

describe('metadata', () => {
  const many = 20 * MOST_VALUES;
  const one = (_: unknown, index: number): [string, number] => [`k${index}`, 1];

  it.each<[string, object]>([
    ['keys', Object.fromEntries(Array.from({ length: many }, one))],
    ['numbers', { a: Array(many).fill(1) }],
    ['arrays', { a: Array.from({ length: many }, () => []) }],
    ['numbers, in an array', Array(many).fill(1)],
  ])('SEC-19: with too many %s is refused before the rest of it is read', (_, large) => {
    const { value, reads } = counted(large);
    expect(() => parseInput(metadata, value)).toThrow('The request is not valid');
    expect(reads()).toBeLessThan(2 * MOST_VALUES);
  });

  it('is accepted unchanged up to the limit', () => {
    const fields = Object.fromEntries(Array.from({ length: 1000 }, one));
    expect(parseInput(metadata, fields)).toEqual(fields);
  });
});
