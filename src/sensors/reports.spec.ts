import fc from 'fast-check';
import type { ReportedSensor } from './reported-sensor';
import { merged } from './reported-sensor';
import { findSerials, readAccessPoint, readInventory, readSensorNotification, readSerials } from './reports';

const NOTHING: Omit<ReportedSensor, 'serial'> = {
  ...{ connected: null, accessPointSerial: null, partNumber: null, hwVersion: null, fwVersion: null, readRate: null },
  ...{ readPeriod: null, samples: null, gMode: null, freqMode: null, coupling: null, fsHz: null, fmaxHz: null },
  ...{ nickname: null, extra: null },
};

const serialsOf = (data: unknown) => readInventory(data)?.map(({ serial }) => serial);

describe('readInventory', () => {
  it.each([
    ['an array', [{ Serial: 7 }, { Serial: 8 }]],
    ['an object by serial', { 7: { Serial: 7 }, 8: { Serial: 8 } }],
    ['an object by serial whose sensors do not repeat it', { 7: {}, 8: {} }],
    ['an object that holds an array', { Sensors: [{ Serial: 7 }, { Serial: '8' }] }],
    ['an object that holds an array beside other fields', { Count: 2, Dynamizers: [{ Serial: 7 }, { Serial: 8 }] }],
  ])('reads %s', (_, data) => {
    expect(serialsOf(data)).toEqual([7, 8]);
  });

  it.each([[[]], [{}], [{ Sensors: [] }]])('reads the empty list %j', (data) => {
    expect(readInventory(data)).toEqual([]);
  });

  it.each([undefined, null, 7, 'x', true])('finds no list in %j', (data) => {
    expect(readInventory(data)).toBeNull();
  });

  it('leaves out entries without a usable serial, and keeps the others', () => {
    const bad = [
      null,
      7,
      '',
      [],
      {},
      { Serial: null },
      { Serial: {} },
      { Serial: -1 },
      { Serial: 1.5 },
      { Serial: 1e300 },
    ];
    expect(serialsOf([...bad, { Serial: ' 7 ' }, ...bad])).toEqual([7]);
    expect(serialsOf({ a: { Serial: 'b' }, b: { Serial: 7 } })).toEqual([7]);
  });

  it('takes the later of two entries for one sensor', () => {
    expect(
      readInventory([
        { Serial: 7, Connected: 1 },
        { Serial: '7', Connected: 0 },
      ]),
    ).toEqual([{ ...NOTHING, serial: 7, connected: false }]);
  });

  it('reads the eleven fields of the manual', () => {
    const data = {
      30000033: {
        ...{ Serial: 30000033, Connected: 1, AccessPoint: 7, PartNum: 'WS300', ReadRate: 25600, GMode: '16' },
        ...{ FreqMode: '1', ReadPeriod: 60, Samples: 4096, HwVer: '1.2', FmVer: '3.4' },
      },
    };
    expect(readInventory(data)).toEqual([
      {
        ...NOTHING,
        ...{ serial: 30000033, connected: true, accessPointSerial: 7, partNumber: 'WS300', readRate: 25600 },
        ...{ gMode: '16', freqMode: '1', readPeriod: 60, samples: 4096, hwVersion: '1.2', fwVersion: '3.4' },
      },
    ]);
  });

  it('reads the other fields that were seen, and keeps those that it does not know', () => {
    const [sensor] = readInventory([
      {
        Serial: '7',
        FreqMode: 1000,
        Coupling: '1',
        Fs: 2560,
        Fmax: '1000.5',
        Nickname: ' Pump ',
        HwVer: 3,
        Early: null,
        Machine: 'M',
      },
    ]) ?? [undefined];
    expect(sensor).toEqual({
      ...NOTHING,
      ...{ serial: 7, freqMode: '1000', coupling: 1, fsHz: 2560, fmaxHz: 1000.5, nickname: 'Pump', hwVersion: '3' },
      extra: { Early: null, Machine: 'M' },
    });
  });

  it.each([
    [{ Connected: 'true' }, { connected: true }],
    [{ Connected: ' TRUE ' }, { connected: true }],
    [{ Connected: '1' }, { connected: true }],
    [{ Connected: false }, { connected: false }],
    [{ Connected: '0' }, { connected: false }],
    [{ Connected: 2 }, {}],
    [{ Connected: null }, {}],
    [{ AccessPoint: '7' }, { accessPointSerial: 7 }],
    [{ AccessPoint: null }, {}],
    [{ AccessPoint: 0 }, {}],
    [{ PartNum: '', HwVer: '  ', FmVer: {}, GMode: [] }, {}],
    [{ PartNum: 'x'.repeat(200) }, { partNumber: 'x'.repeat(100) }],
    [{ PartNum: 'a\0b\ud800' }, { partNumber: 'ab\ufffd' }],
    [{ Samples: 1.5, Fs: 'fast', Fmax: '', ReadRate: true }, {}],
    [{ Samples: '4096' }, { samples: 4096 }],
    [{ Samples: 2 ** 31 }, {}],
    [{ Unknown: 'a\0b' }, {}],
    [{ Unknown: 'x'.repeat(5000) }, {}],
  ])('reads %j as %j', (fields, expected) => {
    expect(readInventory([{ Serial: 7, ...fields }])).toEqual([{ ...NOTHING, serial: 7, ...expected }]);
  });

  it('survives data that is nested too deeply to be written', () => {
    const nested: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(readInventory([{ Serial: 7, X: nested }])).toEqual([{ ...NOTHING, serial: 7 }]);
  });

  it('never throws, and never returns two sensors of one serial', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const serials = serialsOf(data) ?? [];
        expect(new Set(serials).size).toBe(serials.length);
        readSensorNotification(data);
        readAccessPoint(data);
        readSerials(data);
      }),
    );
  });
});

describe('notifications', () => {
  it.each([
    ['flat', { Serial: 7, Connected: 0, Time: '2026-03-01' }],
    ['in an array', [{ Serial: '7', Connected: false }]],
    ['by serial', { 7: { Connected: '0' } }],
  ])('reads a sensor %s', (_, data) => {
    expect(readSensorNotification(data)).toEqual([{ ...NOTHING, serial: 7, connected: false }]);
  });

  it.each([null, 7, { Serial: 'x' }, []])('reads no sensor from %j', (data) => {
    expect(readSensorNotification(data)).toEqual([]);
  });

  it.each([
    [
      { Serial: 9, Connected: 1 },
      { serial: 9, connected: true },
    ],
    [
      { APSerial: '9', Status: 0 },
      { serial: 9, connected: false },
    ],
    [{ Serial: 9 }, { serial: 9, connected: null }],
    [{ Serial: 'x' }, null],
    [[], null],
    [null, null],
  ])('reads the access point in %j', (data, expected) => {
    expect(readAccessPoint(data)).toEqual(expected);
  });

  it.each([
    [{ Serial: '7', Temp: 21 }, [7]],
    [{ 41: { ID: 41, Serial: 7 }, 42: { Serial: '8' } }, [7, 8]],
    [{ Readings: [{ Serial: 7 }] }, [7]],
    [{ 41: { ID: 41 } }, []], // The key of a reading is its id, never a serial.
    [null, []],
  ])('finds the serials of the readings in %j', (data, expected) => {
    expect(readSerials(data)).toEqual(expected);
    expect(findSerials(Buffer.from(JSON.stringify({ Type: 'NOT_DYN_READING', Data: data })))).toEqual(expected);
  });

  it.each([
    ['{"Serial" :\n "7", "APSerial": 8, "X": [1]}', [7]],
    ['[{"Serial":7},{"Serial":9},{"Serial":7}]', [7, 9]],
    ['{"Serial":"x"}, {"Serial":0}, {"Serial":-1}, {"Serial":99999999999999999999}, "Serial"', []],
  ])('finds the serials in the text %s', (text, expected) => {
    expect(findSerials(Buffer.from(text))).toEqual(expected);
  });
});

it('a later report replaces only the fields that it has', () => {
  const earlier = { ...NOTHING, serial: 7, connected: true, samples: 4096, extra: { a: 1, b: 2 } };
  expect(merged(earlier, { ...NOTHING, serial: 7, connected: false, extra: { b: null } })).toEqual({
    ...earlier,
    connected: false,
    extra: { a: 1, b: null },
  });
  expect(merged({ ...NOTHING, serial: 7 }, { ...NOTHING, serial: 7 })).toEqual({ ...NOTHING, serial: 7 });
});
