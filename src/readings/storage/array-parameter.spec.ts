import { toArrayParameter } from './array-parameter';

describe('an array parameter', () => {
  it('has numbers, dates and times as they are', () => {
    expect(toArrayParameter([1.5, null, -3e-7, NaN], 'real')).toBe('{1.5,NULL,-3e-7,NaN}');
    expect(toArrayParameter(['2026-05-21'], 'date')).toBe('{2026-05-21}');
    expect(toArrayParameter([], 'bigint')).toBe('{}');
  });

  it('has texts and JSON in quotation marks', () => {
    expect(toArrayParameter(['a "b" \\ c', null, 'NULL', '', '{,}'], 'text')).toBe(
      '{"a \\"b\\" \\\\ c",NULL,"NULL","","{,}"}',
    );
    expect(toArrayParameter(['{"a":1}'], 'jsonb')).toBe('{"{\\"a\\":1}"}');
  });
});
