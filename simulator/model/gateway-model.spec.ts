import { capturedShape } from '../shapes/captured.shape';
import { usualAnswers } from '../answers';
import type { Answers } from '../answers';
import { manualShape } from '../shapes/manual.shape';
import { notificationStyles } from '../shapes/shape';
import type { Shape, ShapeChoices } from '../shapes/shape';
import { CommandError, GatewayModel } from './gateway-model';
import type { Outgoing } from './gateway-model';
import { Measurements } from './measurements';
import type { MeasurementOptions } from './measurements';

interface Frame {
  Type: string;
  From: string;
  Target: string;
  Data: Record<string, Record<string, unknown>>;
}

const noon = Date.UTC(2025, 4, 21, 12, 7);
const first = 30_000_011;

type MakeShape = (choices?: ShapeChoices) => Shape;

function model(makeShape: MakeShape, answers?: Partial<Answers>, options?: Partial<MeasurementOptions>): GatewayModel {
  const measurements = new Measurements({ number: 1, samples: 16, ...options }, () => noon);
  return new GatewayModel(makeShape(), measurements, { ...usualAnswers(), ...answers });
}

function read(outgoing: Outgoing | null | undefined): Frame {
  return JSON.parse(outgoing?.frame ?? 'null') as Frame;
}

function listOf(outgoing: Outgoing | null): Record<string, unknown>[] {
  return Object.values(read(outgoing).Data);
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

  it('lists connected sensors in an object too', () => {
    expect(Object.keys(read(model(manualShape).answer('GET_DYN_CONNECTED', {})).Data)).toEqual([
      '30000011',
      '30000012',
    ]);
  });
});

describe('GatewayModel in the shape of captured traffic', () => {
  it('lists sensors in an array: one with all its fields set, and one with nulls and without a nickname', () => {
    const [complete, sparse, third, ...others] = listOf(model(capturedShape).answer('GET_DYN', {}));

    expect(others).toEqual([]);
    expect(Object.keys(complete ?? {})).toHaveLength(22);
    expect(complete).toMatchObject({
      Serial: first,
      Connected: 1,
      FreqMode: 1000,
      Fs: 2560,
      Machine: 'Pump 1',
      Crit: 1,
    });
    expect(Object.keys(sparse ?? {})).not.toContain('Nickname');
    expect(sparse).toMatchObject({ Machine: null, EarlyUnit: null, CritUnit: null, Early: null, Crit: null });
    expect(third).toMatchObject({ Connected: 0, AccessPoint: 20_000_001 });
    expect(new Set([complete, sparse, third].map((sensor) => sensor?.['PartNum'])).size).toBe(3);
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

  it.each([
    ['flat-text', { Serial: first, X: expect.any(String) as string }],
    ['flat-array', { Serial: first, X: expect.any(Array) as number[], Xpk: expect.any(Number) as number }],
    ['record-text', { '0': expect.objectContaining({ X: expect.any(String) as string }) as object }],
    ['record-array', { '0': expect.objectContaining({ X: expect.any(Array) as number[] }) as object }],
  ])('sends notifications as %s if told to', (notification, data) => {
    const style = notificationStyles.find((known) => known === notification);
    const gateway = model(() => capturedShape({ notification: style }));

    expect(read(gateway.notification('reading')).Data).toMatchObject(data);
  });

  it('lists connected sensors in an object if told to', () => {
    const gateway = model(() => capturedShape({ connectedList: 'object' }));

    expect(read(gateway.answer('GET_DYN_CONNECTED', {})).Data).toMatchObject({ [first]: { Serial: first } });
    expect(Array.isArray(read(gateway.answer('GET_DYN', {})).Data)).toBe(true);
  });
});

describe('GatewayModel in any shape', () => {
  it.each([capturedShape, manualShape])('announces a sensor with the eleven fields of the manual', (makeShape) => {
    const measurements = new Measurements({ number: 1, samples: 16 }, () => noon);
    const [sensor] = measurements.sensors;
    if (!sensor) throw new Error('a gateway has sensors');
    const { Type, Data } = read(new GatewayModel(makeShape(), measurements).sensorConnection(sensor));

    expect(Type).toBe('NOT_DYN_CONN');
    expect(Object.keys(Data)).toHaveLength(11);
    expect(Data).toMatchObject({ Serial: first, Connected: 1, AccessPoint: 20_000_001 });
  });

  it('announces its access point as gone, then as back', () => {
    const gateway = model(capturedShape);
    const heard = [gateway.notification('ap'), gateway.notification('ap')].map(read);

    expect(heard.map(({ Type }) => Type)).toEqual(['NOT_AP_CONN', 'NOT_AP_CONN']);
    expect(heard.map(({ Data }) => Data)).toEqual([
      { Serial: 20_000_001, Connected: 0 },
      { Serial: 20_000_001, Connected: 1 },
    ]);
  });

  it('can leave the last day out of an answer', () => {
    const query = { Start: '2025-05-19', End: '2025-05-20', Max: 100 };
    const days = (answers: Partial<Answers>): Set<string> =>
      new Set(
        listOf(model(capturedShape, answers).answer('GET_DYN_TEMPS', query)).map(({ Time }) =>
          String(Time).slice(0, 10),
        ),
      );

    expect(days({})).toEqual(new Set(['2025-05-20', '2025-05-19']));
    expect(days({ endExclusive: true })).toEqual(new Set(['2025-05-19']));
  });

  it('can cap the answer, ignore the serials, or answer with other serials', () => {
    const serialsOf = (answers: Partial<Answers>): unknown[] =>
      listOf(model(capturedShape, answers).answer('GET_DYN_TEMPS', { Serials: [first], Max: 6 })).map(
        ({ Serial }) => Serial,
      );

    expect(new Set(serialsOf({}))).toEqual(new Set([first]));
    expect(serialsOf({ maxCap: 2 })).toHaveLength(2);
    expect(new Set(serialsOf({ ignoreSerials: true })).size).toBe(3);
    expect(new Set(serialsOf({ replyWrong: 'serials' }))).toEqual(new Set([first + 1, first + 2]));
  });

  it('can answer another question, of the types it is told', () => {
    const gateway = model(capturedShape, { replyWrong: 'type', replyTypes: ['GET_DYN_READINGS'] });

    expect(read(gateway.answer('GET_DYN_READINGS', {})).Type).toBe('RTN_DYN_TEMPS');
    expect(read(gateway.answer('GET_DYN_TEMPS', {})).Type).toBe('RTN_DYN_TEMPS');
  });

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

    expect(read(taken?.started(true))).toMatchObject({
      Type: 'NOT_DYN_READING_STARTED',
      Data: { Serial: first, Success: true },
    });
    expect(taken?.finish().map((outgoing) => read(outgoing).Type)).toEqual(['NOT_DYN_READING', 'NOT_DYN_TEMP']);
  });

  it('announces no start of a temperature or a battery reading', () => {
    const taken = model(capturedShape).take('TAKE_DYN_BATT', { Serial: first });

    expect(taken?.started(true)).toBeNull();
    expect(taken?.finish().map((outgoing) => read(outgoing).Type)).toEqual(['NOT_DYN_BATT']);
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
    const readings = (number: number): string | undefined =>
      model(capturedShape, {}, { number }).answer('GET_DYN_READINGS', { Max: 3 })?.frame;

    expect(readings(4)).toBe(readings(4));
    expect(readings(4)).not.toBe(readings(5));
  });
});
