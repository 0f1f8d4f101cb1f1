import type * as Codec from './codec';
import { decode as decodeBytes, encode } from './codec';
import { login, readError, readLogin, subscribe } from './frames';

const decode = (text: string, mostParsed?: number) => decodeBytes(Buffer.from(text), mostParsed);

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
    ['an object', '{"Type":"RTN_ERR","Data":{"1":{}}}', { type: 'RTN_ERR', data: { '1': {} } }],
    ['an array', '{"Type":"RTN_ERR","Data":[]}', { type: 'RTN_ERR', data: [] }],
    ['no data', '{"Type":"RTN_DYN"}', { type: 'RTN_DYN', data: undefined }],
    ['an odd spelling of its type', '{"Type":" rtn_dyn "}', { type: 'RTN_DYN', data: undefined }],
    ['keys nobody knows', '{"Type":"X","To":"UI","CorrelationId":"1"}', { type: 'X', data: undefined }],
    [
      'bare NaN',
      '{"Type":"RTN_ERR","Data":[NaN,-Infinity,Infinity,1]}',
      { type: 'RTN_ERR', data: [null, null, null, 1] },
    ],
    [
      'NaN in a text beside a bare one',
      '{"Type":"RTN_ERR","Data":["a NaN \\" NaN",NaN]}',
      { type: 'RTN_ERR', data: ['a NaN " NaN', null] },
    ],
    [
      'a text that ends in a backslash before a bare one',
      '{"Type":"RTN_ERR","Data":["NaN\\\\",NaN,"Infinity"]}',
      { type: 'RTN_ERR', data: ['NaN\\', null, 'Infinity'] },
    ],
    ['data that is not used', '{"Type":"RTN_NEW","Data":[1]}', { type: 'RTN_NEW', data: undefined }],
    ['an escape in its key', '{"\\u0054ype":"RTN_DYN"}', { type: 'RTN_DYN', data: undefined }],
    ['an escape in its type', '{"Type":"RTN_\\u0044YN"}', { type: 'RTN_DYN', data: undefined }],
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
    '{"Type":"RTN_ERR",}',
    '{"Type":"RTN_ERR","Data":[NaN,}',
  ])('rejects what is not a frame: %j', (text) => {
    expect(decode(text)).toBeNull();
  });

  it.each([
    ['a byte order mark before it', '\ufeff{"Type":"RTN_DYN"}'],
    ['a NUL after it', '{"Type":"RTN_DYN"}\u0000'],
    ['spaces and line ends around it', '\r\n {"Type":"RTN_DYN"}\r\n\u0000\u0000'],
    ['all of them', `\ufeff \u0000{"Type":"RTN_DYN","Data":"${'x'.repeat(2000)}"}\n\u0000`],
  ])('reads a frame with %s', (_, text) => {
    expect(decode(text)?.type).toBe('RTN_DYN');
  });

  it.each([
    ['', ''],
    ['', '\u0000'],
    ['\u0000 \u0000 ', ' \u0000 \u0000'],
    ['\ufeff\u0000', '\u0000'],
  ])('reads the data of a frame between %j and %j', (before, after) => {
    expect(decode(`${before}{"Type":"RTN_ERR","Data":[1]}${after}`)).toEqual({ type: 'RTN_ERR', data: [1] });
  });

  it('does not treat other bytes as a byte order mark', () => {
    const frame = Buffer.from('{"Type":"RTN_DYN"}');
    const behind = (...bytes: number[]) => decodeBytes(Buffer.concat([Buffer.from(bytes), frame]));
    expect(behind(0xef, 0xbb, 0xbf)?.type).toBe('RTN_DYN');
    expect([behind(0xee, 0xbb, 0xbf), behind(0xef, 0xbc, 0xbf), behind(0xef, 0xbb, 0xbe)]).toEqual([null, null, null]);
    expect(behind(0xef, 0x20, 0x20)).toBeNull();
  });

  it('remembers the frames of 256 types and no more, because gateways choose the types', () => {
    jest.isolateModules(() => {
      const fresh = jest.requireActual<typeof Codec>('./codec');
      const frameOf = (type: number) => fresh.decode(Buffer.from(`{"Type":"NOT_${type}"}`));
      const frames = Array.from({ length: 257 }, (_, type) => frameOf(type));
      expect(frames[256]).toEqual({ type: 'NOT_256', data: undefined });
      const isRemembered = frames.map((frame, type) => frameOf(type) === frame);
      expect(isRemembered).toEqual([...Array<boolean>(256).fill(true), false]);
    });
  });

  it('reads the data of a large frame only if it is used, and not beyond the given size', () => {
    const data = ['x'.repeat(2000)];
    const frame = (Type: string) => JSON.stringify({ Type, Data: data });
    expect(decode(frame('rtn_err'))).toEqual({ type: 'RTN_ERR', data });
    expect(decode(frame('RTN_LOGIN'))).toEqual({ type: 'RTN_LOGIN', data });
    expect(decode(frame('NOT_SOMETHING_NEW'))).toEqual({ type: 'NOT_SOMETHING_NEW', data: undefined });
    expect(decode(frame('RTN_ERR'), 2000)).toEqual({ type: 'RTN_ERR', data: undefined });
  });

  it.each([
    ['a type with an escape in its key', 1024, String.raw`{"\u0054ype":"RTN_DYN","Data":"`, 'RTN_DYN', null],
    ['data that matters', 8192, '{"Type":"RTN_ERR","Data":"', 'RTN_ERR', 'RTN_ERR'],
  ])('reads %s only in a frame of at most %d bytes', (_, most, beginning, within, beyond) => {
    const frame = (bytes: number) => `${beginning}${'x'.repeat(bytes - beginning.length - 2)}"}`;
    expect(decode(frame(most))).toEqual({ type: within, data: expect.stringMatching(/^x+$/) as string });
    expect(decode(frame(most + 1))).toEqual(beyond === null ? null : { type: beyond, data: undefined });
  });

  it.each(['RTN_DYN', 'NOT_DYN_CONN', 'NOT_AP_CONN', 'NOT_DYN_READING_STARTED'])(
    'reads the data of %s, and only its type if the data cannot be read',
    (type) => {
      const data = ['x'.repeat(2000)];
      const text = JSON.stringify({ Type: type, Data: data });
      expect(decode(text)).toEqual({ type, data });
      expect(decode(text.slice(0, -5))).toEqual({ type, data: undefined });
    },
  );

  it('reads the data of a large NOT_DYN_READING when it is asked for, unless only the beginning was kept', () => {
    const type = 'NOT_DYN_READING';
    const data = ['x'.repeat(100_000)];
    const text = JSON.stringify({ Type: type, Data: data });
    const frame = decode(text);
    expect(frame?.json?.toString()).toBe(text);
    expect([frame?.type, frame?.data]).toEqual([type, data]);
    expect(frame?.data).toBe(frame?.data);
    const broken = decode(text.slice(0, -5));
    expect([broken?.type, broken?.data]).toEqual([type, undefined]);
    expect(decodeBytes(Buffer.from(text), 8192, false)).toEqual({ type, data: undefined, isCut: true });
    expect(decode(JSON.stringify({ Type: type, Data: ['x'] }))).toEqual({ type, data: ['x'] });
  });

  it.each(['NOT_DYN_TEMP', 'NOT_DYN_BATT', 'RTN_DYN_READINGS', 'RTN_DYN_TEMPS', 'RTN_DYN_BATTS'])(
    'reads the data of %s whatever its size, unless only the beginning was kept',
    (type) => {
      const data = ['x'.repeat(100_000)];
      const text = JSON.stringify({ Type: type, Data: data });
      expect(decode(text)).toEqual({ type, data });
      expect(decode(text.slice(0, -5))).toBeNull();
      expect(decodeBytes(Buffer.from(text.slice(0, -5)), 8192, false)).toEqual({ type, data: undefined, isCut: true });
    },
  );

  it.each(['{}', '[]', '{"a":{}}', '[[[]]]'])(
    'SEC-20: does not parse a large frame of readings made of %s',
    (piece) => {
      const frame = (count: number) => `{"Type":"NOT_DYN_READING","Data":[${Array(count).fill(piece).join()}]}`;
      expect(decode(frame(10))).not.toBeNull();
      expect(decode(frame(100_000))).toBeNull();
    },
  );

  it('parses a large frame of the shortest records', () => {
    const data = Array<object>(100_000).fill({ ID: 1, Serial: 1000, Temp: 23 });
    expect(decode(JSON.stringify({ Type: 'RTN_DYN_TEMPS', Data: data }))?.data).toHaveLength(100_000);
  });

  it('replaces bare NaN in a large frame whose data is used', () => {
    const text = 'x'.repeat(2000);
    expect(decode(`{"Type":"RTN_ERR","Data":["NaN\\"",NaN,"${text}"]}`)?.data).toEqual(['NaN"', null, text]);
  });

  it.each([
    ['behind other keys', `{"From":"SERV", "Data" : [{"Type":"NO"},"]}\\"",-1.5e3,true] ,\n"Type" : "RTN_DYN"`],
    ['with an escape', '{"Type":"RTN\\u005fDYN"'],
    ['in half a message', '{"Type":"RTN_DYN","Data":{"1":'],
    ['before anything that is no JSON', '{"Type":"RTN_DYN",,,]]'],
  ])('finds the type of a large frame %s', (_, beginning) => {
    expect(decode(beginning + ' '.repeat(2000) + '"}')?.type).toBe('RTN_DYN');
  });

  it.each([
    '[',
    '{}',
    '{"',
    '{"a":[[[[',
    '{"Type":7,',
    '{"Type":"\n",',
    `{"Type":"${'x'.repeat(200)}",`,
    '{"a":"\\',
    '{"Data":{"Type":"X"}}',
  ])('finds no type in a large frame that begins with %j', (beginning) => {
    expect(decode(`${beginning}${'x'.repeat(2000)}`)).toBeNull();
  });
});

describe('readLogin', () => {
  it.each([true, 1, '1', 'true', ' True '])('reads Success %j as accepted', (Success) => {
    expect(readLogin({ Success })).toBe('accepted');
  });

  it.each([false, 0, '0', 'false', null])('reads Success %j as refused', (Success) => {
    expect(readLogin({ Success })).toBe('refused');
  });

  it.each([{ Success: 'no' }, {}, [], null, undefined, 'true'])('reads %j as unknown', (data) => {
    expect(readLogin(data)).toBe('unknown');
  });
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

  it('replaces an explanation that is nested too deeply to be serialized', () => {
    const nested: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(readError({ Attempt: null, Error: nested })).toEqual({
      attempt: null,
      text: 'an explanation that cannot be shown',
    });
  });
});
