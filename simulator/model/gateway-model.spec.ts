import { capturedShape } from '../shapes/captured.shape';
import { CommandError, GatewayModel } from './gateway-model';
import { manualShape } from '../shapes/manual.shape';
import type { Shape } from '../shapes/shape';

interface Frame {
  Type: string;
  From: string;
  Target: string;
  Data: Record<string, Record<string, unknown>>;
}

const noon = Date.UTC(2025, 4, 21, 12, 7);
const first = 30_000_011;

function model(shape: Shape): GatewayModel {
  return new GatewayModel(shape, { number: 1, samples: 16 }, () => noon);
}

function read(text: string | null | undefined): Frame {
  return JSON.parse(text ?? 'null') as Frame;
}

function listOf(text: string | null): Record<string, unknown>[] {
  return Object.values(read(text).Data);
}

describe('GatewayModel in the shape of the manual', () => {
  it('lists sensors in an object keyed by serial, with eleven fields', () => {
    const { Type, From, Target, Data } = read(model(manualShape).answer('GET_DYN', { Serials: [] }));

    expect({ Type, From, Target }).toEqual({ Type: 'RTN_DYN', From: 'SERV', Target: 'UI' });
    expect(Object.keys(Data)).toEqual(['30000011', '30000012', '30000013']);
    expect(Object.keys(Data[first] ?? {})).toHaveLength(11);
    expect(Data[first]).toMatchObject({ Serial: first, Connected: 1, FreqMode: '1000', Samples: 16 });
  });

  it('numbers records from "0", newest first, with dates, and strings for serials and axes', () => {
    const { Type, Data } = read(model(manualShape).answer('GET_DYN_READINGS', { Max: 2 }));

    expect(Type).toBe('RTN_DYN_READINGS');
    expect(Object.keys(Data)).toEqual(['0', '1']);
    expect(Data['0']).toMatchObject({ ID: 60, Serial: '30000011', Time: '2025-05-21' });
    expect(Data['1']).toMatchObject({ ID: 59 });
    expect(Object.keys(Data['0'] ?? {})).toEqual(['ID', 'Serial', 'Time', 'X', 'Y', 'Z']);
    expect(String(Data['0']?.['X']).split(',')).toHaveLength(16);
  });

  it('writes an empty list as an empty object', () => {
    expect(read(model(manualShape).answer('GET_DYN', { Serials: [5] })).Data).toEqual({});
  });

  it('does not wrap notifications', () => {
    const { Type, Data } = read(model(manualShape).notification('temp'));

    expect(Type).toBe('NOT_DYN_TEMP');
    expect(Data).toEqual({ ID: 61, Serial: '30000011', Time: '2025-05-21', Temp: expect.any(Number) as number });
  });

  it('announces a sensor with all its fields', () => {
    const { Type, Data } = read(model(manualShape).notification('conn'));

    expect(Type).toBe('NOT_DYN_CONN');
    expect(Data).toMatchObject({ Serial: 30_000_013, Connected: 1, PartNum: 'WS300' });
  });
});

describe('GatewayModel in the shape of captured traffic', () => {
  it('lists sensors in an array, with 22 fields of which some are null', () => {
    const sensors = listOf(model(capturedShape).answer('GET_DYN', {}));

    expect(sensors).toHaveLength(3);
    expect(Object.keys(sensors[0] ?? {})).toHaveLength(22);
    expect(sensors[0]).toMatchObject({ Serial: first, Connected: true, FreqMode: 1000, Fs: 2560, Favorite: null });
    expect(Array.isArray(read(model(capturedShape).answer('GET_DYN', {})).Data)).toBe(true);
  });

  it('gives readings number axes with statistics, int serials, and times to the minute', () => {
    const [reading] = listOf(model(capturedShape).answer('GET_DYN_READINGS', { Serials: [first], Max: 1 }));

    expect(reading).toMatchObject({ ID: 60, Serial: first, Time: '2025-05-21 11:07' });
    expect(reading?.['X']).toHaveLength(16);
    expect(Object.keys(reading ?? {})).toEqual(
      expect.arrayContaining(['Xpk', 'Xpp', 'Xrms', 'Ypk', 'Ypp', 'Yrms', 'Zpk', 'Zpp', 'Zrms']),
    );
  });

  it('writes an empty list as an empty array', () => {
    expect(read(model(capturedShape).answer('GET_DYN_TEMPS', { Serials: [5] })).Data).toEqual([]);
  });

  it('wraps notifications in a record', () => {
    const { Data } = read(model(capturedShape).notification('batt'));

    expect(Data).toEqual({
      '0': { ID: 61, Serial: first, Time: '2025-05-21 12:07', Batt: expect.any(Number) as number },
    });
  });

  it('announces a sensor with little more than its serial', () => {
    const { Data } = read(model(capturedShape).notification('conn'));

    expect(Data).toEqual({ Serial: 30_000_013, Connected: true, Time: '2025-05-21 12:07' });
  });
});

describe('GatewayModel in any shape', () => {
  it('omits sensors out of reach from GET_DYN_CONNECTED', () => {
    const serials = listOf(model(capturedShape).answer('GET_DYN_CONNECTED', {})).map(({ Serial }) => Serial);

    expect(serials).toEqual([30_000_011, 30_000_012]);
  });

  it('returns 25 records unless told otherwise', () => {
    expect(listOf(model(capturedShape).answer('GET_DYN_BATTS', {}))).toHaveLength(25);
  });

  it('filters history by day, and ignores an empty date', () => {
    const query = { Start: '2025-05-20', End: '2025-05-20', Max: 100 };
    const days = listOf(model(capturedShape).answer('GET_DYN_TEMPS', query)).map(({ Time }) => String(Time));

    expect(days).toHaveLength(24);
    expect(days.every((time) => time.startsWith('2025-05-20'))).toBe(true);
    expect(listOf(model(capturedShape).answer('GET_DYN_TEMPS', { Start: '', End: '', Serials: [] }))).toHaveLength(25);
  });

  it('keeps in its history what it notified', () => {
    const gateway = model(capturedShape);
    const notified = read(gateway.notification('temp')).Data['0'];

    expect(listOf(gateway.answer('GET_DYN_TEMPS', { Max: 1 }))).toEqual([notified]);
  });

  it('announces a requested reading, then sends the reading and a temperature', () => {
    const taken = model(capturedShape).take('TAKE_DYN_READING', { Serial: first });

    expect(read(taken?.started)).toMatchObject({
      Type: 'NOT_DYN_READING_STARTED',
      Data: { Serial: first, Success: true },
    });
    expect(taken?.finish().map((frame) => read(frame).Type)).toEqual(['NOT_DYN_READING', 'NOT_DYN_TEMP']);
  });

  it('announces no start of a temperature or a battery reading', () => {
    const taken = model(capturedShape).take('TAKE_DYN_BATT', { Serial: first });

    expect(taken?.started).toBeNull();
    expect(taken?.finish().map((frame) => read(frame).Type)).toEqual(['NOT_DYN_BATT']);
  });

  it.each([
    ['an unknown serial', { Serial: 5 }],
    ['a serial that is a string', { Serial: '30000011' }],
    ['a sensor out of reach', { Serial: 30_000_013 }],
    ['no serial', {}],
  ])('cannot take a reading with %s', (_case, data) => {
    expect(() => model(capturedShape).take('TAKE_DYN_READING', data)).toThrow(CommandError);
  });

  it.each([
    ['Serials that are no list', { Serials: '30000011' }],
    ['a Max that is no number', { Max: 'all' }],
    ['a date in another format', { Start: '21.05.2025' }],
  ])('refuses a history request with %s', (_case, data) => {
    expect(() => model(capturedShape).answer('GET_DYN_READINGS', data)).toThrow(CommandError);
  });

  it('gives the same values to gateways with the same number, and different ones to others', () => {
    const readings = (number: number): string | null =>
      new GatewayModel(capturedShape, { number, samples: 16 }, () => noon).answer('GET_DYN_READINGS', { Max: 3 });

    expect(readings(4)).toBe(readings(4));
    expect(readings(4)).not.toBe(readings(5));
  });
});
