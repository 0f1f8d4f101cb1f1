import fc from 'fast-check';
import { decode } from '../../gateway-client/protocol/codec';
import { isUnread, readRecords } from './read-records';
import type { FrameRecords } from './read-records';

function read(type: string, data: unknown): FrameRecords {
  const found = readRecords({ type, data });
  if (!found) throw new Error('not a frame of readings');
  return found;
}

const temperature = (changes: object = {}) => ({
  kind: 'temperature',
  serial: 30000033,
  recordId: 9,
  timeText: '2025-05-19 16:20',
  axes: {},
  reported: {},
  value: 23,
  extra: null,
  ...changes,
});
const aTemp = { ID: 9, Serial: 30000033, Time: '2025-05-19 16:20', Temp: 23 };

describe('frames without readings', () => {
  it.each(['RTN_DYN', 'NOT_DYN_CONN', 'NOT_DYN_READING_STARTED', 'RTN_ERR', 'not_dyn_temp', ''])('%s', (type) => {
    expect(readRecords({ type, data: [aTemp] })).toBeNull();
  });
});

describe('the records of a frame', () => {
  it.each<[string, unknown]>([
    ['flat', aTemp],
    ['in an array', [aTemp]],
    ['in an object', { '0': aTemp }],
    ['in an object around an array', { rows: [aTemp], count: 1, ok: true }],
    ['in an object around an object', { readings: { '0': aTemp } }],
    ['in an array in an array', [[aTemp]]],
    ['beside null', [null, aTemp, null]],
  ])('are found %s', (_, data) => {
    expect(read('NOT_DYN_TEMP', data)).toMatchObject({ records: [temperature()], unreadable: [] });
  });

  it.each([undefined, null, [], {}, { rows: [] }, { '0': {} }, [null]])('are none in %j', (data) => {
    expect(read('RTN_DYN_TEMPS', data)).toMatchObject({ records: [], unreadable: [] });
  });

  it.each(['none', 7, true, { Success: true }, [7], [[[[[aTemp]]]]], { a: { b: { c: { d: { e: aTemp } } } } }])(
    'are not dropped in silence where nothing can be found: %j',
    (data) => {
      const { records, unreadable } = read('NOT_DYN_TEMP', data);
      expect(records).toEqual([]);
      expect(unreadable).toMatchObject([{ kind: 'temperature', serial: null }]);
    },
  );

  it('keep their order', () => {
    const data = [5, 3, 8].map((ID) => ({ ...aTemp, ID }));
    expect(read('RTN_DYN_TEMPS', data).records.map(({ recordId }) => recordId)).toEqual([5, 3, 8]);
    expect(read('RTN_DYN_TEMPS', Object.fromEntries(data.entries())).records.map(({ recordId }) => recordId)).toEqual([
      5, 3, 8,
    ]);
  });

  it.each([
    ['NOT_DYN_READING', 'vibration', {}],
    ['RTN_DYN_READINGS', 'vibration', {}],
    ['NOT_DYN_TEMP', 'temperature', { Temp: 5 }],
    ['RTN_DYN_TEMPS', 'temperature', { Temp: 5 }],
    ['NOT_DYN_BATT', 'battery', { Batt: 5 }],
    ['RTN_DYN_BATTS', 'battery', { Batt: 5 }],
  ])('of %s are of kind %s', (type, kind, fields) => {
    const value = kind === 'vibration' ? null : 5;
    expect(read(type, { Serial: 1, ...fields }).records).toMatchObject([{ kind, value }]);
  });
});

describe('identity', () => {
  it.each<[unknown, number]>([
    [30000033, 30000033],
    ['30000033', 30000033],
    [' 1000 ', 1000],
    ['0012', 12],
  ])('takes the serial %j', (Serial, serial) => {
    expect(read('NOT_DYN_TEMP', { ...aTemp, Serial }).records).toMatchObject([{ serial }]);
  });

  it.each([undefined, null, '', 'S-12', 0, -1, 1.5, '1.5', 2 ** 53, '9'.repeat(17), [], {}, true])(
    'refuses the serial %j, and nothing else',
    (Serial) => {
      const { records, unreadable } = read('RTN_DYN_TEMPS', [{ ...aTemp, Serial }, aTemp]);
      expect(records).toEqual([temperature()]);
      expect(unreadable).toEqual([
        {
          ...{ kind: 'temperature', serial: null, reason: 'Serial must be a whole number above zero' },
          text: JSON.stringify({ ...aTemp, Serial }),
        },
      ]);
    },
  );

  it.each<[unknown, number]>([
    [0, 0],
    ['41', 41],
  ])('takes the ID %j', (ID, recordId) => {
    expect(read('NOT_DYN_TEMP', { ...aTemp, ID }).records).toEqual([temperature({ recordId })]);
  });

  it.each([-4, 1.5, 'A-7', [], true])('keeps the ID %j, which is no number of a record, as an unknown field', (ID) => {
    const expected = temperature({ recordId: null, extra: { ID } });
    expect(read('NOT_DYN_TEMP', { ...aTemp, ID }).records).toEqual([expected]);
  });

  it('takes the key for an ID that is absent, but not the position in a list', () => {
    const nameless = { Serial: 30000033, Temp: 23 };
    const idsIn = (data: object) => read('NOT_DYN_TEMP', data).records.map(({ recordId }) => recordId);
    expect(idsIn({ '41': nameless })).toEqual([41]);
    expect(idsIn({ '41': nameless, '43': { ...nameless, ID: null } })).toEqual([41, 43]);
    expect(idsIn({ '41': aTemp })).toEqual([9]);
    expect(idsIn({ '0': nameless })).toEqual([null]);
    expect(idsIn({ '0': nameless, '1': nameless })).toEqual([null, null]);
    expect(idsIn({ reading: nameless })).toEqual([null]);
    expect(idsIn(nameless)).toEqual([null]);
  });

  it.each<[unknown, string | null]>([
    ['2025-05-19', '2025-05-19'],
    [' 2025-05-19T16:20:01Z', ' 2025-05-19T16:20:01Z'],
    ['yesterday', 'yesterday'],
    [1747671600, '1747671600'],
    [null, null],
  ])('takes the time %j as it is written', (Time, timeText) => {
    expect(read('NOT_DYN_TEMP', { ...aTemp, Time }).records).toEqual([temperature({ timeText })]);
  });

  it.each([[], {}, true, '', 'x'.repeat(101)])('keeps the time %j as an unknown field', (Time) => {
    expect(read('NOT_DYN_TEMP', { ...aTemp, Time }).records).toEqual([
      temperature({ timeText: null, extra: { Time } }),
    ]);
  });
});

describe('temperatures and charges', () => {
  it.each<[unknown, number]>([
    [23, 23],
    ['23', 23],
    [-3.25, -3.25],
    ['1e1', 10],
    [0, 0],
  ])('%j', (value, expected) => {
    expect(read('NOT_DYN_TEMP', { ...aTemp, Temp: value }).records).toMatchObject([{ value: expected }]);
    expect(read('NOT_DYN_BATT', { Serial: 1, Batt: value }).records).toMatchObject([{ value: expected }]);
  });

  it.each([undefined, null, '', 'low', [], {}, NaN, Infinity, true, '1'.repeat(400)])('refuse %j', (value) => {
    const found = read('NOT_DYN_BATT', { Serial: 7, Batt: value });
    expect(found.records).toEqual([]);
    expect(found.unreadable).toMatchObject([{ kind: 'battery', serial: 7, reason: 'Batt must be a number' }]);
  });
});

describe('vibration', () => {
  const axes = (x: unknown, y?: unknown, z?: unknown) => ({ ID: 4, Serial: 7, X: x, Y: y, Z: z });
  const samples = { x: new Float64Array([0.1, 0.2]), y: new Float64Array([3, 4]) };

  it('has the samples and statistics of the axes that the record holds', () => {
    const record = { ...axes([0.1, 0.2], '3,4', []), Xpk: 0.42, Xpp: '0.8', Xrms: 0.11, Yrms: 2, Zpk: null };
    expect(read('RTN_DYN_READINGS', [record])).toMatchObject({
      records: [
        {
          ...{ kind: 'vibration', serial: 7, recordId: 4, timeText: null, value: null, extra: null },
          axes: samples,
          reported: {
            x: { peak: 0.42, peakToPeak: 0.8, rms: 0.11 },
            y: { peak: null, peakToPeak: null, rms: 2 },
          },
        },
      ],
      unreadable: [],
    });
    const [{ axes: found, reported } = { axes: {}, reported: {} }] = read('RTN_DYN_READINGS', [record]).records;
    expect([Object.keys(found), Object.keys(reported)]).toEqual([
      ['x', 'y'],
      ['x', 'y'],
    ]);
  });

  it('is a record without a waveform, too', () => {
    const found = read('NOT_DYN_READING', { ID: 4, Serial: 7, Time: '2025-05-19' });
    expect(found).toMatchObject({ records: [{ recordId: 4, axes: {}, reported: {}, extra: null }], unreadable: [] });
  });

  it('keeps the other axes if one cannot be read, and the text of that one', () => {
    const { records, unreadable } = read('NOT_DYN_READING', axes([0.1, 0.2], '3,4', '0.1,NaN'));
    expect(records).toMatchObject([{ serial: 7, axes: samples, extra: null }]);
    expect(Object.keys(records[0]?.axes ?? {})).toEqual(['x', 'y']);
    const reason = 'Z is a text that is no list of numbers';
    expect(unreadable).toEqual([{ kind: 'vibration', serial: 7, reason, text: '{"ID":4,"Serial":7,"Z":"0.1,NaN"}' }]);
  });

  it('is unreadable if nothing of it can be read', () => {
    const found = read('NOT_DYN_READING', axes('?', [null], true));
    expect(found.records).toEqual([]);
    const reason =
      'X is a text that is no list of numbers; Y sample 0 is not a finite number; Z is neither a list nor a text';
    expect(found.unreadable).toMatchObject([{ serial: 7, reason }]);
  });

  it('keeps a single number in the place of an axis as an unknown field', () => {
    expect(read('NOT_DYN_READING', axes(0.5, '7', [1])).records).toMatchObject([
      { axes: { z: new Float64Array([1]) }, extra: { X: 0.5, Y: '7' } },
    ]);
  });
});

describe('unknown fields', () => {
  const extraOf = (fields: object) => read('NOT_DYN_TEMP', { ...aTemp, ...fields }).records[0]?.extra;

  it('are kept as they are', () => {
    const fields = { Unit: 'F', Level: 3, Ok: true, None: null, List: [1, { a: 'b' }] };
    expect(extraOf(fields)).toEqual(fields);
    expect(Object.entries(extraOf(JSON.parse('{"__proto__":{"a":1}}') as object) ?? {})).toEqual([
      ['__proto__', { a: 1 }],
    ]);
  });

  it('are replaced where they are too large or nested too deeply', () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    expect(extraOf({ Large: 'x'.repeat(10_000), Deep: deep })).toEqual({
      Large: '(not kept: 10002 characters)',
      Deep: '(not kept: nested more than 16 times)',
    });
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`field${at}`, at]));
    expect(Object.keys(extraOf(many) ?? {})).toHaveLength(65);
    expect(extraOf(many)).toMatchObject({ '…': '36 more fields, not kept' });
  });
});

describe('records that cannot be read', () => {
  it('are kept as text, up to a length and a number', () => {
    const long = read('NOT_DYN_TEMP', { Serial: 7, Temp: 'x'.repeat(100_000) }).unreadable;
    expect(long[0]?.text).toHaveLength(65_537);
    const many = read(
      'RTN_DYN_TEMPS',
      Array.from({ length: 250 }, () => 7),
    ).unreadable;
    expect(many).toHaveLength(101);
    expect(many.at(-1)?.reason).toBe('150 more records of this message cannot be read');
    const deep = JSON.parse(`{"Serial":7,"Temp":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) as unknown;
    expect(read('NOT_DYN_TEMP', deep).unreadable).toMatchObject([{ text: '(nested too deeply to be written)' }]);
  });
});

const KIND_TYPES = ['NOT_DYN_READING', 'RTN_DYN_READINGS', 'NOT_DYN_TEMP', 'RTN_DYN_BATTS'] as const;
const aFieldName = fc.constantFrom('Serial', 'ID', 'Time', 'X', 'Y', 'Z', 'Xpk', 'Temp', 'Batt', '0', '7', 'rows');

describe('whatever a gateway sends', () => {
  it('is read without an exception, and each record has a serial, finite samples, or is kept as text', () => {
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.constantFrom(7, '7', '0.1,0.2', '[1,2]', Infinity, null, '2025-05-19'),
        fc.array(tie('node')),
        fc.dictionary(aFieldName, tie('node')),
      ),
    }));
    fc.assert(
      fc.property(fc.constantFrom(...KIND_TYPES), node, (type, data) => {
        const { records, unreadable } = read(type, data);
        for (const { serial, axes, value } of records) {
          expect(Number.isSafeInteger(serial) && serial > 0).toBe(true);
          for (const samples of Object.values(axes)) expect(samples.every(Number.isFinite)).toBe(true);
          expect(value === null || Number.isFinite(value)).toBe(true);
        }
        for (const { text } of unreadable) expect(typeof text).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });

  it('is read the same whatever the shape of the axes, samples and wrapping', () => {
    const samples = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 20 });
    const shapes: ((list: readonly number[]) => unknown)[] = [
      (list) => list,
      (list) => list.map(String),
      (list) => JSON.stringify(list),
      (list) => list.join(','),
      (list) => list.join(' ; '),
      (list) => list.join(' '),
    ];
    const wrappings: ((record: object) => unknown)[] = [
      (record) => record,
      (record) => [record],
      (record) => ({ '0': record }),
      (record) => ({ rows: [record] }),
    ];
    fc.assert(
      fc.property(samples, fc.constantFrom(...shapes), fc.constantFrom(...wrappings), (list, shape, wrap) => {
        const { records, unreadable } = read('NOT_DYN_READING', wrap({ Serial: '7', ID: 3, Y: shape(list) }));
        expect(unreadable).toEqual([]);
        // `-0` is written as `0` in a text.
        expect(records.map(({ axes }) => [...(axes.y ?? [])].map((sample) => sample + 0))).toEqual([
          list.map((sample) => sample + 0),
        ]);
      }),
    );
  });

  it('is read from bytes with bare NaN, which spoils its axis alone', () => {
    const json = '{"Type":"NOT_DYN_READING","Data":{"Serial":7,"X":[0.1,NaN],"Y":[0.1,0.2]}}';
    const frame = decode(Buffer.from(json));
    expect(frame && readRecords(frame)).toMatchObject({
      records: [{ axes: { y: new Float64Array([0.1, 0.2]) } }],
      unreadable: [{ reason: 'X sample 1 is not a finite number' }],
    });
  });

  it.each([
    ['is no JSON', '{"Type":"NOT_DYN_READING","Data":{"Serial":7,"X":[0.1,'],
    ['has no data', '{"Type":"NOT_DYN_READING","data":['],
  ])('is kept as text if it is large and %s', (_, beginning) => {
    const json = `${beginning}${'0.1,'.repeat(3000)}`;
    const frame = decode(Buffer.from(json));
    expect(frame && isUnread(frame)).toBe(true);
    const [record] = (frame && readRecords(frame)?.unreadable) ?? [];
    expect(record).toMatchObject({ serial: null, reason: 'the message must be JSON with `Data`' });
    expect(JSON.parse(record?.text ?? '')).toBe(json);
  });

  it('is reported if only its beginning was kept', () => {
    const frame = decode(Buffer.from('{"Type":"NOT_DYN_READING","Data":{"Serial":7,"X":[0.1,'), undefined, false);
    const reason = 'the message is larger than those that are kept whole';
    expect(frame && readRecords(frame)).toMatchObject({ records: [], unreadable: [{ serial: null, reason }] });
  });
});
