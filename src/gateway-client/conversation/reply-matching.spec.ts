import type { InboundFrame } from '../protocol/frames';
import type { CommandOutcome, CommandType, Question } from './command';
import { isNews, matchReply as match } from './reply-matching';

/** After an earlier command of each type was given up. */
const matchReply = (asked: Question, frame: InboundFrame): CommandOutcome | null => match(asked, frame, true);

const anError = (Attempt: unknown): InboundFrame => ({ type: 'RTN_ERR', data: { Attempt, Error: 'no' } });
const refused = (attempt: string | null) => ({ type: 'refused', error: { attempt, text: 'no' } });
const data = { Success: true };

const commands: CommandType[] = ['POST_LOGIN', 'POST_SUB_CHANGES', 'POST_UNSUB_CHANGES', 'GET_DYN_CONNECTED'];
const others = (command: CommandType) => commands.filter((each) => each !== command);

describe('matchReply', () => {
  it.each([
    ['POST_LOGIN', 'RTN_LOGIN'],
    ['GET_DYN_CONNECTED', 'RTN_DYN'],
  ] as const)('%s is answered by %s, whatever its data', (command, type) => {
    expect(matchReply({ type: command }, { type, data })).toEqual({ type: 'replied', data });
    expect(matchReply({ type: command }, { type, data: undefined })).toEqual({ type: 'replied', data: undefined });
  });

  it.each(commands)('%s is not answered by the reply to another command, nor by a notification', (command) => {
    for (const other of others(command)) {
      if (other === 'POST_LOGIN') expect(matchReply({ type: command }, { type: 'RTN_LOGIN', data })).toBeNull();
      if (other === 'GET_DYN_CONNECTED') expect(matchReply({ type: command }, { type: 'RTN_DYN', data })).toBeNull();
    }
    expect(matchReply({ type: command }, { type: 'NOT_DYN_TEMP', data: { Attempt: command } })).toBeNull();
  });

  it.each(commands)('%s is refused by an error that names it, and by one that names no command', (command) => {
    expect(matchReply({ type: command }, anError(command))).toEqual(refused(command));
    expect(matchReply({ type: command }, anError(` ${command.toLowerCase()} `))).toEqual(refused(command));
    for (const nothing of [null, undefined, '', 7]) {
      expect(matchReply({ type: command }, anError(nothing))).toEqual(refused(null));
    }
  });

  it('the login is refused by an error about anything: no command precedes it', () => {
    for (const attempt of [...others('POST_LOGIN'), 'SOMETHING']) {
      expect(matchReply({ type: 'POST_LOGIN' }, anError(attempt))).toEqual(refused(attempt));
    }
  });

  it.each(['POST_SUB_CHANGES', 'POST_UNSUB_CHANGES'] as const)(
    '%s is not refused by a late error about another command, but by one that names an unknown command',
    (command) => {
      for (const other of others(command)) expect(matchReply({ type: command }, anError(other))).toBeNull();
      expect(matchReply({ type: command }, anError('SOMETHING'))).toEqual(refused('SOMETHING'));
    },
  );

  it('GET_DYN_CONNECTED is not refused by an error that names something else: its own reply is still due', () => {
    for (const attempt of [...others('GET_DYN_CONNECTED'), 'SOMETHING']) {
      expect(matchReply({ type: 'GET_DYN_CONNECTED' }, anError(attempt))).toBeNull();
    }
  });

  describe('a question about stored readings', () => {
    const window = { serials: [7, 8], from: '2026-03-01', to: '2026-03-02' };
    const asked = { type: 'GET_DYN_TEMPS', window } as const;
    const reply = (records: unknown): InboundFrame => ({ type: 'RTN_DYN_TEMPS', data: records });

    it.each([
      ['none', []],
      ['null', null],
      ['an object without records', {}],
      [
        'one of each sensor',
        [
          { Serial: 7, Time: '2026-03-01 10:00' },
          { Serial: '8', Time: '2026-03-02' },
        ],
      ],
      ['by key', { 0: { Serial: 7, Time: '2026-03-01' } }],
      ['in a list under a key', { Readings: [{ Serial: 7, Time: '2026-03-01' }] }],
      [
        'a day earlier and later, by another zone',
        [
          { Serial: 7, Time: '2026-02-28' },
          { Serial: 7, Time: '2026-03-03' },
        ],
      ],
      ['without a readable time or serial', [{ Serial: 'x', Time: 17 }, { Serial: 7 }, 3, null]],
    ])('is answered by records within it: %s', (_, records) => {
      expect(matchReply(asked, reply(records))).toEqual({ type: 'replied', data: records });
    });

    it.each([
      [
        'another sensor',
        [
          { Serial: 7, Time: '2026-03-01' },
          { Serial: 9, Time: '2026-03-01' },
        ],
      ],
      ['another sensor, by key', { 0: { Serial: '9' } }],
      ['another sensor, in a list under a key', { Readings: [{ Serial: 9 }] }],
      ['an earlier day', [{ Serial: 7, Time: '2026-02-27 23:59' }]],
      ['a later day', [{ Serial: 7, Time: '2026-03-04' }]],
    ])('is not answered by the late reply to an earlier question: %s', (_, records) => {
      expect(matchReply(asked, reply(records))).toBeNull();
    });

    it('is answered by whatever comes if no earlier question was given up: the gateway has ignored a part of it', () => {
      const others = [{ Serial: 9, Time: '2026-01-01' }];
      expect(match(asked, reply(others), false)).toEqual({ type: 'replied', data: others });
    });

    it('without limits is answered by any record, but only of its kind', () => {
      const records = [{ Serial: 1, Time: '1999-01-01' }];
      const everything = { type: 'GET_DYN_TEMPS', window: {} } as const;
      expect(matchReply(everything, reply(records))).not.toBeNull();
      expect(matchReply(everything, { type: 'RTN_DYN_BATTS', data: records })).toBeNull();
    });
  });

  it.each([
    ['TAKE_DYN_READING', 'NOT_DYN_READING_STARTED', { Serial: 7, Success: true }],
    ['TAKE_DYN_READING', 'NOT_DYN_READING', { 41: { Serial: '7', X: '1,2' } }],
    ['TAKE_DYN_TEMP', 'NOT_DYN_TEMP', [{ Serial: 7 }]],
    ['TAKE_DYN_BATT', 'NOT_DYN_BATT', { Serial: 7 }],
  ] as const)('%s has begun with %s for its sensor, and not for another', (type, notification, about) => {
    const frame = { type: notification, data: about };
    expect(matchReply({ type, serial: 7 }, frame)).toEqual({ type: 'replied', data: about });
    expect(isNews(frame)).toBe(true);
    expect(matchReply({ type, serial: 8 }, frame)).toBeNull();
    expect(matchReply({ type, serial: 7 }, { type: 'NOT_DYN_CONN', data: about })).toBeNull();
  });
});
