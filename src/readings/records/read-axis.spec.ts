import { withTimeLimit } from '../../../test/unit-support/time-limit';
import { readAxis } from './read-axis';

function samplesOf(value: unknown): number[] {
  const reading = readAxis(value);
  if (reading.type !== 'samples') throw new Error(`read as ${JSON.stringify(reading)}`);
  return [...reading.samples];
}

describe('the samples of an axis', () => {
  it.each<[string, unknown, number[]]>([
    ['an array of numbers', [0.1, -0.2, 3], [0.1, -0.2, 3]],
    ['an array of numeric texts', ['0.1', ' -2e-3 ', 3], [0.1, -0.002, 3]],
    ['an array of one number', [7], [7]],
    ['a JSON array in a text', ' [0.1, -0.2,3e2] ', [0.1, -0.2, 300]],
    ['a JSON array of texts in a text', '["0.1","-0.2"]', [0.1, -0.2]],
    ['numbers separated by commas', '0.1,-0.2, 3', [0.1, -0.2, 3]],
    ['numbers separated by semicolons', '0.1;-0.2; 3', [0.1, -0.2, 3]],
    ['numbers separated by white space', '0.1 -0.2\t\r\n3', [0.1, -0.2, 3]],
    ['numbers that JSON does not know', '+.5,1.,007', [0.5, 1, 7]],
    ['separated numbers in brackets', '[.1;.2]', [0.1, 0.2]],
    ['a list with a bracket at one end', '[0.1,0.2', [0.1, 0.2]],
    ['a separator at the end', '0.1,0.2,', [0.1, 0.2]],
  ])('are read from %s', (_, value, samples) => {
    expect(samplesOf(value)).toEqual(samples);
  });

  it.each([undefined, null, [], '', '  ', '[]', ' [ ] '])('are none in %j', (value) => {
    expect(readAxis(value)).toEqual({ type: 'none' });
  });

  it.each([7, -0.5, '7', ' 0.25 ', '1e3'])('are none in the single number %j', (value) => {
    expect(readAxis(value)).toEqual({ type: 'scalar' });
  });

  it.each<[unknown, string]>([
    [[0.1, null, 0.2], 'sample 1 is not a finite number'],
    [[0.1, NaN], 'sample 1 is not a finite number'],
    [[Infinity], 'sample 0 is not a finite number'],
    [[0.1, '1e999'], 'sample 1 is not a finite number'],
    [['x'], 'sample 0 is not a finite number'],
    [['0x10'], 'sample 0 is not a finite number'],
    [[''], 'sample 0 is not a finite number'],
    [[[1, 2]], 'sample 0 is not a finite number'],
    [[true], 'sample 0 is not a finite number'],
    ['[0.1, null]', 'sample 1 is not a finite number'],
    ['0.1,,0.2', 'sample 1 is not a finite number'],
    ['1-2,3', 'sample 0 is not a finite number'],
    [',1', 'sample 0 is not a finite number'],
    ['[0.1, NaN]', 'is a text that is no list of numbers'],
    ['0.1,-Infinity', 'is a text that is no list of numbers'],
    ['0x10,0x11', 'is a text that is no list of numbers'],
    ['?', 'is a text that is no list of numbers'],
    ['{"0":1}', 'sample 0 is not a finite number'],
    ['0,1;0,2', 'has both commas and semicolons'],
    [{}, 'is neither a list nor a text'],
    [true, 'is neither a list nor a text'],
    [Infinity, 'is neither a list nor a text'],
  ])('cannot be read from %j: it %s', (value, problem) => {
    expect(readAxis(value)).toEqual({ type: 'unreadable', problem });
  });

  it.each([' ', ',', '[', '1', '1 ', '-', ';', '1,', 'e', '.', '+1,'])(
    'SEC-20: are read in linear time from a text of repeated %j',
    (piece) => {
      withTimeLimit(() => expect(readAxis(`1,${piece.repeat(4_000_000)}?`)).toMatchObject({ type: 'unreadable' }));
    },
  );
});
