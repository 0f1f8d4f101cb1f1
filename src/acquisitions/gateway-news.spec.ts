import { readLateRefusal, readStart } from './gateway-news';

const SERIAL = 30000033;
const started = (data: unknown) => readStart({ type: 'NOT_DYN_READING_STARTED', data }, SERIAL);

describe('what a gateway says about a measurement', () => {
  it.each([
    ['with Success', { Serial: SERIAL, Success: true }, 'started'],
    ['without Success', { Serial: SERIAL }, 'started'],
    ['with a serial as text', { Serial: `${SERIAL}`, Success: 1 }, 'started'],
    ['in an object', { 0: { Serial: SERIAL, Success: 'true' } }, 'started'],
    [
      'beside others',
      [
        { Serial: 7, Success: true },
        { Serial: SERIAL, Success: 0 },
      ],
      'startRefused',
    ],
    ['without success', { Serial: SERIAL, Success: false }, 'startRefused'],
    ['of another sensor', { Serial: 7, Success: true }, null],
    ['of nobody', null, null],
  ])('reads a start %s', (_, data, expected) => {
    expect(started(data)).toBe(expected);
  });

  it('takes no other notification for a start', () => {
    expect(readStart({ type: 'NOT_DYN_READING', data: { Serial: SERIAL } }, SERIAL)).toBeNull();
  });

  it.each([
    ['TAKE_DYN_READING', 'vibration'],
    ['take_dyn_temp', 'temperature'],
    ['TAKE_DYN_BATT', 'battery'],
  ])('reads an error about %s', (Attempt, kind) => {
    expect(readLateRefusal({ type: 'RTN_ERR', data: { Attempt, Error: 'busy' } })).toEqual({ kind, text: 'busy' });
  });

  it.each([
    ['RTN_ERR', { Attempt: 'GET_DYN', Error: 'busy' }],
    ['RTN_ERR', { Attempt: null, Error: 'busy' }],
    ['RTN_DYN', { Attempt: 'TAKE_DYN_TEMP' }],
  ])('takes no other %s %j for an error about a measurement', (type, data) => {
    expect(readLateRefusal({ type, data })).toBeNull();
  });
});
