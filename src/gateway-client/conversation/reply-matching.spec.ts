import type { InboundFrame } from '../protocol/frames';
import type { CommandType } from './command';
import { matchReply } from './reply-matching';

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
    expect(matchReply(command, { type, data })).toEqual({ type: 'replied', data });
    expect(matchReply(command, { type, data: undefined })).toEqual({ type: 'replied', data: undefined });
  });

  it.each(commands)('%s is not answered by the reply to another command, nor by a notification', (command) => {
    for (const other of others(command)) {
      if (other === 'POST_LOGIN') expect(matchReply(command, { type: 'RTN_LOGIN', data })).toBeNull();
      if (other === 'GET_DYN_CONNECTED') expect(matchReply(command, { type: 'RTN_DYN', data })).toBeNull();
    }
    expect(matchReply(command, { type: 'NOT_DYN_TEMP', data: { Attempt: command } })).toBeNull();
  });

  it.each(commands)('%s is refused by an error that names it, and by one that names no command', (command) => {
    expect(matchReply(command, anError(command))).toEqual(refused(command));
    expect(matchReply(command, anError(` ${command.toLowerCase()} `))).toEqual(refused(command));
    for (const nothing of [null, undefined, '', 7]) {
      expect(matchReply(command, anError(nothing))).toEqual(refused(null));
    }
  });

  it('the login is refused by an error about anything: no command precedes it', () => {
    for (const attempt of [...others('POST_LOGIN'), 'SOMETHING']) {
      expect(matchReply('POST_LOGIN', anError(attempt))).toEqual(refused(attempt));
    }
  });

  it.each(['POST_SUB_CHANGES', 'POST_UNSUB_CHANGES'] as const)(
    '%s is not refused by a late error about another command, but by one that names an unknown command',
    (command) => {
      for (const other of others(command)) expect(matchReply(command, anError(other))).toBeNull();
      expect(matchReply(command, anError('SOMETHING'))).toEqual(refused('SOMETHING'));
    },
  );

  it('GET_DYN_CONNECTED is not refused by an error that names something else: its own reply is still due', () => {
    for (const attempt of [...others('GET_DYN_CONNECTED'), 'SOMETHING']) {
      expect(matchReply('GET_DYN_CONNECTED', anError(attempt))).toBeNull();
    }
  });
});
