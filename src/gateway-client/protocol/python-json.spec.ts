import { withoutBareTokens } from './python-json';

describe('withoutBareTokens', () => {
  it.each([
    ['NaN', 'null'],
    ['[NaN,Infinity,-Infinity]', '[null,null,null]'],
    ['[1,-2,NaN,"x"]', '[1,-2,null,"x"]'],
    ['{"a":NaN,"NaN":"Infinity"}', '{"a":null,"NaN":"Infinity"}'],
    [String.raw`["\"NaN",NaN,"\\",NaN]`, String.raw`["\"NaN",null,"\\",null]`],
    ['NaNNaN', 'nullnull'],
    [' NaN ', ' null '],
  ])('replaces bare tokens as Python writes them: %j', (text, repaired) => {
    expect(withoutBareTokens(text)).toBe(repaired);
  });

  it.each([
    '',
    '[1,-2]',
    '"NaN"',
    '["-Infinity"]',
    'Na',
    'Inf',
    '-',
    'nan',
    'undefined',
    String.raw`"\"NaN`,
    String.raw`"\\\"NaN"`,
  ])('finds nothing to replace in %j', (text) => {
    expect(withoutBareTokens(text)).toBe(text);
  });
});
