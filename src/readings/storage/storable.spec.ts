import { storableJson, storableText } from './storable';

describe('what PostgreSQL refuses is replaced', () => {
  it('in text: NUL and lone surrogates', () => {
    expect(storableText('a\0b\ud800c😀')).toBe('a\ufffdb\ufffdc😀');
  });

  it('in JSON: the same, in keys too, and nothing that only looks like it', () => {
    const given = { 'a\0': ['\udc00', '\\u0000', '\\\0', '😀', null] };
    expect(JSON.parse(storableJson(given))).toEqual({ 'a\ufffd': ['\ufffd', '\\u0000', '\\\ufffd', '😀', null] });
  });
});
