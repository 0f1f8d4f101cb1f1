/** @jest-environment node */
import { CommandChannel } from './command-channel';
import type { Command, CommandOutcome, CommandType } from './command';

const dyn = { type: 'RTN_DYN', data: {} };
const error = { type: 'RTN_ERR', data: { Attempt: null, Error: 'no' } };
const replied = { type: 'replied', data: {} };
const sessionLost = { type: 'dropped', code: 'session_lost' };

/** A command that tests recognize by its text. */
function aCommand(text: string, changes: Partial<Command> = {}): Command {
  return { type: 'GET_DYN_CONNECTED', text, priority: 3, deadlineMs: 10_000, ...changes };
}

function aChannel() {
  const sent: string[] = [];
  const ended: [string, CommandOutcome][] = [];
  const keepMessages = jest.fn<undefined, [number | undefined]>();
  const send_ = (text: string) => void sent.push(text);
  const onBusy = jest.fn<undefined, [CommandType | null]>();
  const socket = { send: send_, keepMessages, onBusy, bytesReceived: 0, isReceiving: false, isHeld: false };
  const onIdle = jest.fn<undefined, [CommandChannel]>();
  const channel = new CommandChannel(socket, onIdle);
  const send = (text: string, changes: Partial<Command> = {}) =>
    channel.send(aCommand(text, changes), (outcome) => ended.push([text, outcome]));
  return { channel, socket, sent, ended, onIdle, send };
}

describe('CommandChannel', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('has one command in flight, and sends the next when it has ended', () => {
    const { channel, sent, ended, send } = aChannel();
    for (const text of ['a', 'b', 'c']) send(text);
    expect(sent).toEqual(['a']);
    expect(channel.receive(dyn)).toBe(true);
    expect(sent).toEqual(['a', 'b']);
    expect(channel.receive(error)).toBe(true);
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(channel.receive(dyn)).toBe(true);
    expect(ended).toEqual([
      ['a', replied],
      ['b', { type: 'refused', error: { attempt: null, text: 'no' } }],
      ['c', replied],
    ]);
    expect(channel.receive(dyn)).toBe(false);
  });

  it('sends a command only if it may be sent when its turn has come', async () => {
    const { channel, sent, ended, onIdle, send } = aChannel();
    const verdicts: ((mayBeSent: boolean) => void)[] = [];
    const mayBeSent = () => new Promise<boolean>((resolve) => verdicts.push(resolve));
    send('a');
    for (const text of ['b', 'c']) send(text, { mayBeSent });
    expect(verdicts).toHaveLength(0);
    channel.receive(dyn);
    expect(channel.receive(error)).toBe(false); // `b` is not sent yet, so this is not about it.
    verdicts[0]?.(false);
    await Promise.resolve();
    await Promise.resolve();
    expect(ended[1]).toEqual(['b', { type: 'dropped', code: 'withheld' }]);
    verdicts[1]?.(true);
    await Promise.resolve();
    await Promise.resolve();
    expect(sent).toEqual(['a', 'c']);
    expect(channel.receive(dyn)).toBe(true);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  it('withholds a command if nobody can say whether it may be sent', async () => {
    const { sent, ended, send } = aChannel();
    send('a', { mayBeSent: () => Promise.reject(new Error('the database is away')) });
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    expect(ended).toEqual([['a', { type: 'dropped', code: 'withheld' }]]);
    expect(sent).toEqual([]);
  });

  it('does not send a command if the session has ended before its permission has come', async () => {
    const { channel, sent, ended, send } = aChannel();
    let allow: (mayBeSent: boolean) => void = () => undefined;
    send('a', { mayBeSent: () => new Promise<boolean>((resolve) => (allow = resolve)) });
    channel.close();
    allow(true);
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    expect(ended).toEqual([['a', sessionLost]]);
    expect(sent).toEqual([]);
  });

  it('leaves unrelated frames to the caller, and keeps waiting', () => {
    const { channel, ended, send } = aChannel();
    send('a');
    expect(channel.receive({ type: 'NOT_DYN_TEMP', data: {} })).toBe(false);
    expect(ended).toEqual([]);
    channel.close();
  });

  it('takes a reply about other sensors for the answer, unless the reply to a command that was given up may still come', () => {
    const { channel, ended, onIdle, send } = aChannel();
    const temps = (serial: number) => ({ type: 'RTN_DYN_TEMPS', data: [{ Serial: serial }] });
    const ask = (text: string) => send(text, { type: 'GET_DYN_TEMPS', window: { serials: [7] } });
    const outcomes = () => ended.map(([text, { type }]) => `${text} ${type}`);

    ask('a');
    expect(channel.receive(temps(8))).toBe(true);
    expect([outcomes(), onIdle.mock.calls.length]).toEqual([['a replied'], 1]);
    ask('b');
    jest.advanceTimersByTime(10_000);
    expect([outcomes().at(-1), onIdle.mock.calls.length]).toEqual(['b unanswered', 1]);
    ask('c');
    expect(channel.receive(temps(8))).toBe(false); // The late reply to b.
    expect(channel.receive(temps(8))).toBe(true);
    expect([outcomes().at(-1), onIdle.mock.calls.length]).toEqual(['c replied', 2]);
  });

  it('is owed a reply while a command is in flight, unless silence is its success', () => {
    const { channel, send } = aChannel();
    expect(channel.isReplyDue).toBe(false);
    send('subscribe', { type: 'POST_SUB_CHANGES' });
    expect(channel.isReplyDue).toBe(false);
    send('a');
    jest.advanceTimersByTime(10_000);
    expect(channel.isReplyDue).toBe(true);
    channel.receive(dyn);
    expect(channel.isReplyDue).toBe(false);
  });

  it('sends by priority, then by age', () => {
    const { channel, sent, send } = aChannel();
    send('first');
    send('backfill', { priority: 5 });
    send('probe', { priority: 3 });
    send('order', { priority: 1 });
    send('second order', { priority: 1 });
    send('login', { priority: 0 });
    for (let count = 1; count <= 5; count += 1) channel.receive(dyn);
    expect(sent).toEqual(['first', 'login', 'order', 'second order', 'probe', 'backfill']);
    channel.close();
  });

  it('raises the priority of a waiting command once a minute, but never above an order of an operator', () => {
    const { channel, sent, send } = aChannel();
    send('first', { deadlineMs: 600_000 });
    send('backfill', { priority: 5 });
    jest.advanceTimersByTime(3 * 60_000);
    send('scheduled', { priority: 2 });
    send('inventory', { priority: 3 });
    send('order', { priority: 1 });
    for (let count = 1; count <= 4; count += 1) channel.receive(dyn);
    expect(sent).toEqual(['first', 'order', 'backfill', 'scheduled', 'inventory']);
    channel.close();
  });

  it('raises the priority only after the full minute', () => {
    const { channel, sent, send } = aChannel();
    send('first', { deadlineMs: 600_000 });
    send('backfill', { priority: 4 });
    jest.advanceTimersByTime(59_999);
    send('inventory', { priority: 3 });
    channel.receive(dyn);
    expect(sent).toEqual(['first', 'inventory']);
    channel.close();
  });

  it('counts that minute from when the command began to wait', () => {
    const { channel, sent, send } = aChannel();
    jest.advanceTimersByTime(600_000);
    send('first', { deadlineMs: 600_000 });
    send('backfill', { priority: 4 });
    send('inventory', { priority: 3 });
    channel.receive(dyn);
    expect(sent).toEqual(['first', 'inventory']);
    channel.close();
  });

  it('ends a command that has no answer in time, and sends the next', () => {
    const { sent, ended, send, channel } = aChannel();
    send('a', { deadlineMs: 1500 });
    send('b', { deadlineMs: 5000 });
    jest.advanceTimersByTime(1499);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ended).toEqual([['a', { type: 'unanswered' }]]);
    expect(sent).toEqual(['a', 'b']);
    jest.advanceTimersByTime(4999); // The time of a command begins when it is sent.
    expect(ended).toHaveLength(1);
    channel.close();
  });

  it('gives a command more time, twice at most, while a large message arrives before the answer', () => {
    const { ended, send, socket } = aChannel();
    send('a', { deadlineMs: 1000 });
    socket.isReceiving = true;
    for (let second = 0; second < 2; second += 1) {
      socket.bytesReceived += 1;
      jest.advanceTimersByTime(1000);
    }
    expect(ended).toEqual([]);
    socket.bytesReceived += 1;
    jest.advanceTimersByTime(1000);
    expect(ended).toEqual([['a', { type: 'unanswered' }]]);
  });

  it.each([
    ['bytes arrive of a message that is over', { isReceiving: false, isHeld: false }, 1, 1],
    ['a message stands still', { isReceiving: true, isHeld: false }, 0, 1],
    ['a message arrives', { isReceiving: true, isHeld: false }, 1, 3],
    ['reading is paused', { isReceiving: true, isHeld: true }, 0, 3],
  ])('limits the wait for an answer while %s: %j', (_, state, bytesPerSecond, seconds) => {
    const { ended, send, socket } = aChannel();
    send('a', { deadlineMs: 1000 });
    Object.assign(socket, state);
    for (let second = 1; second <= seconds; second += 1) {
      expect(ended).toEqual([]);
      socket.bytesReceived += bytesPerSecond;
      jest.advanceTimersByTime(1000);
    }
    expect(ended).toEqual([['a', { type: 'unanswered' }]]);
  });

  it('drops nothing when the session ends while it is idle', () => {
    const { channel, ended } = aChannel();
    channel.close();
    expect(ended).toEqual([]);
  });

  it('drops all commands when the session ends, and sends none of them again', () => {
    const { channel, sent, ended, send } = aChannel();
    send('a');
    send('b');
    channel.close();
    expect(ended).toEqual([
      ['a', sessionLost],
      ['b', sessionLost],
    ]);
    expect(channel.receive(dyn)).toBe(false);
    jest.advanceTimersByTime(60_000);
    expect(sent).toEqual(['a']);
    expect(ended).toHaveLength(2);
  });

  it('lets no more than 64 commands wait', () => {
    const { channel, ended, send } = aChannel();
    for (let count = 0; count <= 64; count += 1) send(`${count}`);
    expect(ended).toEqual([]);
    send('one too many');
    expect(ended).toEqual([['one too many', { type: 'dropped', code: 'queue_full' }]]);
    channel.close();
  });

  it('reports when it is idle, but not while another command waits', () => {
    const { channel, onIdle, send } = aChannel();
    send('a');
    send('b');
    channel.receive(dyn);
    expect(onIdle).not.toHaveBeenCalled();
    channel.receive(dyn);
    expect(onIdle.mock.calls).toEqual([[channel]]);
  });

  it('sends a command that follows from the end of another before it reports that it is idle', () => {
    const { channel, sent, onIdle } = aChannel();
    const subscribe = aCommand('subscribe', { type: 'POST_SUB_CHANGES' satisfies CommandType });
    channel.send(aCommand('a'), () => channel.send(subscribe, () => undefined));
    channel.receive(dyn);
    expect(sent).toEqual(['a', 'subscribe']);
    expect(onIdle).not.toHaveBeenCalled();
    channel.close();
  });

  it('has one command in flight even when the end of one sends another while others wait', () => {
    const { channel, sent, send } = aChannel();
    channel.send(aCommand('a'), () => channel.send(aCommand('urgent', { priority: 0 }), () => undefined));
    send('b');
    channel.receive(dyn);
    expect(sent).toEqual(['a', 'urgent']);
    channel.close();
  });

  it('does not send a command that was withdrawn while it waited, and calls nobody', () => {
    const { channel, sent, ended, send } = aChannel();
    send('a');
    const withdraw = channel.send(aCommand('b'), () => ended.push(['b', { type: 'unanswered' }]));
    send('c');
    withdraw();
    channel.receive(dyn);
    channel.receive(dyn);
    expect(sent).toEqual(['a', 'c']);
    expect(ended.map(([text]) => text)).toEqual(['a', 'c']);
  });

  it('waits for the answer to a command that is withdrawn too late, so that it ends no other', () => {
    const { channel, sent, ended, send } = aChannel();
    const withdraw = channel.send(aCommand('a'), () => ended.push(['a', { type: 'unanswered' }]));
    send('b');
    withdraw();
    expect(sent).toEqual(['a']);
    channel.receive(dyn);
    expect(sent).toEqual(['a', 'b']);
    channel.close();
  });

  it('hands on a notification that shows a command has begun', () => {
    const { channel, ended } = aChannel();
    const take = aCommand('take', { type: 'TAKE_DYN_TEMP', serial: 7, deadlineMs: 1500 });
    channel.send(take, (outcome) => ended.push(['take', outcome]));
    expect(channel.receive({ type: 'NOT_DYN_TEMP', data: { Serial: 8 } })).toBe(false);
    expect(ended).toEqual([]);
    expect(channel.receive({ type: 'NOT_DYN_TEMP', data: { Serial: 7 } })).toBe(false);
    expect(ended).toEqual([['take', { type: 'replied', data: { Serial: 7 } }]]);
  });

  it('keeps large messages whole only while a command expects one', () => {
    const { channel, socket, send } = aChannel();
    send('a');
    send('b', { answerBytes: 1_000_000 });
    expect(channel.answerBytes).toBeUndefined();
    expect(socket.keepMessages.mock.calls).toEqual([]);
    channel.receive(dyn);
    expect(channel.answerBytes).toBe(1_000_000);
    channel.receive(dyn);
    expect(channel.answerBytes).toBeUndefined();
    expect(socket.keepMessages.mock.calls).toEqual([[1_000_000], [undefined]]);
  });
});
