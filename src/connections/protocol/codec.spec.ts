import { decode, encode } from './codec';
import { isLoginAccepted, login, readError, subscribe } from './frames';

describe('encode', () => {
  it('sends exactly Type, From, To and Data', () => {
    expect(JSON.parse(encode(login('ops@example.org', 'pw')))).toEqual({
      Type: 'POST_LOGIN',
      From: 'UI',
      To: 'SERV',
      Data: { Email: 'ops@example.org', Password: 'pw' },
    });
    expect(encode(subscribe)).toBe('{"Type":"POST_SUB_CHANGES","From":"UI","To":"SERV","Data":{}}');
  });
});

describe('decode', () => {
  it.each([
    ['an object', '{"Type":"RTN_DYN","Data":{"1":{}}}', { type: 'RTN_DYN', data: { '1': {} } }],
    ['an array', '{"Type":"RTN_DYN","Data":[]}', { type: 'RTN_DYN', data: [] }],
    ['no data', '{"Type":"RTN_DYN"}', { type: 'RTN_DYN', data: undefined }],
    ['an odd spelling of its type', '{"Type":" rtn_dyn "}', { type: 'RTN_DYN', data: undefined }],
    ['keys nobody knows', '{"Type":"X","To":"UI","CorrelationId":"1"}', { type: 'X', data: undefined }],
    ['bare NaN', '{"Type":"X","Data":[NaN,-Infinity,Infinity,1]}', { type: 'X', data: [null, null, null, 1] }],
    [
      'NaN in a text beside a bare one',
      '{"Type":"X","Data":["a NaN \\" NaN",NaN]}',
      { type: 'X', data: ['a NaN " NaN', null] },
    ],
    [
      'a text that ends in a backslash before a bare one',
      '{"Type":"X","Data":["NaN\\\\",NaN,"Infinity"]}',
      { type: 'X', data: ['NaN\\', null, 'Infinity'] },
    ],
  ])('reads a frame with %s', (_, text, frame) => {
    expect(decode(text)).toEqual(frame);
  });

  it.each([
    '',
    'hello',
    '{',
    'null',
    '[]',
    '"x"',
    '17',
    '{}',
    '{"Type":7}',
    '{"Type":null}',
    '\u0000',
    '{"Type":"X",}',
  ])('drops what is no frame: %j', (text) => {
    expect(decode(text)).toBeNull();
  });

  it('reads NaN beside a text of many megabytes, which a gateway may send at any time', () => {
    const text = 'x'.repeat(20_000_000);
    expect(decode(`{"Type":"RTN_DYN_READINGS","Data":[NaN,"${text}"]}`)).toMatchObject({ data: [null, text] });
  });

  it('drops a large frame in which every quote is escaped, and does not go back and forth over it for half an hour', () => {
    expect(decode(`{"Type":NaN,"${'\\"'.repeat(1_000_000)}`)).toBeNull();
  });
});

describe('isLoginAccepted', () => {
  it.each([true, 1, '1', 'true', ' True '])('takes Success %j for a yes', (Success) => {
    expect(isLoginAccepted({ Success })).toBe(true);
  });

  it.each([{ Success: false }, { Success: 0 }, { Success: 'no' }, { Success: null }, {}, [], null, undefined, 'true'])(
    'takes %j for a no',
    (data) => {
      expect(isLoginAccepted(data)).toBe(false);
    },
  );
});

describe('readError', () => {
  it.each([
    [
      { Attempt: 'POST_LOGIN', Error: 'bad' },
      { attempt: 'POST_LOGIN', text: 'bad' },
    ],
    [
      { Attempt: ' post_login ', Message: 'bad' },
      { attempt: 'POST_LOGIN', text: 'bad' },
    ],
    [
      { Attempt: null, Error: { code: 5 } },
      { attempt: null, text: '{"code":5}' },
    ],
    ['bad', { attempt: null, text: 'bad' }],
    [null, { attempt: null, text: 'no explanation' }],
    [[1, 2], { attempt: null, text: 'no explanation' }],
  ])('reads %j', (data, error) => {
    expect(readError(data)).toEqual(error);
  });

  it('survives an explanation that is nested too deeply to be written', () => {
    const nested: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(readError({ Attempt: null, Error: nested })).toEqual({
      attempt: null,
      text: 'an explanation that cannot be shown',
    });
  });
});
