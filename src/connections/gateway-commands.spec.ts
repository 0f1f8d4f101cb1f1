import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { PRIORITY } from '../gateway-client/conversation/command';
import type { CommandOutcome, GatewayCommand } from '../gateway-client/conversation/command';
import type { Ownership } from '../ownership/ownership';
import { RefusedWrites } from '../ownership/refused-writes';
import { CommandError, GatewayCommands } from './gateway-commands';
import { OrderPermission, OwnershipUncertainError } from './order-permission';
import type { ConnectionSupervisor } from './connection.supervisor';
import { ID, aLiveSession, anError, answerPings } from './session/gateway-session.harness';

useFakeTimersInTests();

const LIST = '{"Type":"RTN_DYN","From":"SERV","Target":"UI","Data":[{"Serial":7}]}';
const INVENTORY: GatewayCommand = { type: 'GET_DYN' };

/** Commands to one gateway, whose session has subscribed. */
async function aGateway(ownership?: Ownership) {
  const harness = await aLiveSession();
  const { session, socket } = harness;
  answerPings(socket);
  await jest.advanceTimersByTimeAsync(1500);
  const execute: ConnectionSupervisor['execute'] = (id, command, onEnded) =>
    id === ID ? session.execute(command, onEnded) : null;
  const commands = new GatewayCommands({ execute } as ConnectionSupervisor, ownership);
  const ask = (command: GatewayCommand = INVENTORY, signal?: AbortSignal) =>
    commands
      .send(ID, command, { priority: PRIORITY.upkeep, ...(signal && { signal }) })
      .catch((error: unknown) => (error instanceof CommandError ? error.code : error));
  return { ...harness, commands, ask, sentAfter: (known: number) => socket.sent.slice(known) };
}

describe('GatewayCommands', () => {
  it('sends the command, and resolves with the data of the reply, which nobody else gets', async () => {
    const { socket, ask } = await aGateway();
    const answer = ask();
    expect(JSON.parse(socket.sent.at(-1) ?? '')).toEqual({
      Type: 'GET_DYN',
      From: 'UI',
      To: 'SERV',
      Data: { Serials: [] },
    });
    socket.says(LIST);
    await expect(answer).resolves.toEqual([{ Serial: 7 }]);
  });

  it.each<[GatewayCommand, object]>([
    [
      { type: 'GET_DYN_READINGS', serials: [7], from: '2026-03-01', to: '2026-03-02', max: 1 },
      { Serials: [7], Start: '2026-03-01', End: '2026-03-02', Max: 1 },
    ],
    [{ type: 'GET_DYN_TEMPS' }, {}],
    [{ type: 'GET_DYN_BATTS', max: 100 }, { Max: 100 }],
    [{ type: 'TAKE_DYN_READING', serial: 7 }, { Serial: 7 }],
  ])('sends %j with the keys that the manual names', async (command, data) => {
    const { socket, ask } = await aGateway();
    void ask(command);
    expect(JSON.parse(socket.sent.at(-1) ?? '')).toMatchObject({ Type: command.type, Data: data });
  });

  it('has one command in flight', async () => {
    const { socket, ask } = await aGateway();
    const known = socket.sent.length;
    const answers = [ask(), ask()];
    expect(socket.sent).toHaveLength(known + 1);
    socket.says(LIST);
    expect(socket.sent).toHaveLength(known + 2);
    socket.says(LIST);
    await expect(Promise.all(answers)).resolves.toHaveLength(2);
  });

  it('rejects with what the gateway answered', async () => {
    const { socket, commands } = await aGateway();
    const answer = commands.send(ID, INVENTORY, { priority: PRIORITY.upkeep });
    const expected = expect(answer).rejects.toMatchObject({ code: 'rejected_by_gateway', said: 'busy' });
    socket.says(anError('GET_DYN', 'busy'));
    await expected;
  });

  it('treats silence as the success of a command that has no reply', async () => {
    const { ask } = await aGateway();
    const answer = ask({ type: 'TAKE_DYN_TEMP', serial: 7 });
    await jest.advanceTimersByTimeAsync(1500);
    await expect(answer).resolves.toBeUndefined();
  });

  it('rejects at once if the gateway has no logged-in session', async () => {
    const { session, commands, ask } = await aGateway();
    await expect(commands.send('another', INVENTORY, { priority: 3 })).rejects.toMatchObject({ code: 'not_connected' });
    void session.stop();
    await expect(ask()).resolves.toBe('not_connected');
  });

  it('rejects what is pending when the session is lost, and sends none of it again', async () => {
    const { socket, transport, ask } = await aGateway();
    const answers = [ask(), ask({ type: 'TAKE_DYN_READING', serial: 7 })];
    socket.ends();
    await expect(Promise.all(answers)).resolves.toEqual(['session_lost', 'session_lost']);
    await jest.advanceTimersByTimeAsync(2000);
    transport.last.logsIn();
    await jest.advanceTimersByTimeAsync(1500);
    expect(transport.last).not.toBe(socket);
    expect(transport.last.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
  });

  it('does not send a command that is cancelled while it waits', async () => {
    const { socket, ask } = await aGateway();
    const known = socket.sent.length;
    const controller = new AbortController();
    void ask();
    const answer = ask(INVENTORY, controller.signal);
    controller.abort();
    await expect(answer).resolves.toBe('cancelled');
    socket.says(LIST);
    expect(socket.sent).toHaveLength(known + 1);
    await expect(ask(INVENTORY, controller.signal)).resolves.toBe('cancelled');
  });

  it('rejects when too many commands wait', async () => {
    const { ask } = await aGateway();
    for (let count = 0; count <= 64; count += 1) void ask();
    await expect(ask()).resolves.toBe('queue_full');
  });

  it('hands a late reply to the inbox', async () => {
    const { socket, ask, record } = await aGateway();
    const answer = ask();
    await jest.advanceTimersByTimeAsync(30_000);
    await expect(answer).resolves.toBe('command_timeout');
    socket.says(LIST);
    expect(record.state).toBe('connected');
  });
});

describe('a gateway that stops answering commands', () => {
  const lost = { state: 'reconnecting', reason: { step: 'live', code: 'command_timeout' } };

  it('is reconnected after two deadlines in a row', async () => {
    const { socket, ask, record } = await aGateway();
    void ask();
    socket.says(LIST);
    const answers = [ask(), ask()];
    await jest.advanceTimersByTimeAsync(59_999);
    expect(record.state).toBe('connected');
    await jest.advanceTimersByTimeAsync(1);
    expect(record).toMatchObject(lost);
    await expect(Promise.all(answers)).resolves.toEqual(['command_timeout', 'command_timeout']);
    expect(socket.isClosing).toBe(true);
  });

  it.each([
    ['a reply', LIST],
    ['an error', anError('GET_DYN')],
  ])('stays connected if %s comes between two deadlines', async (_, frame) => {
    const { socket, ask, record } = await aGateway();
    void ask();
    socket.says(LIST);
    void ask();
    await jest.advanceTimersByTimeAsync(30_000);
    void ask();
    socket.says(frame);
    void ask();
    await jest.advanceTimersByTimeAsync(30_000);
    expect(record.state).toBe('connected');
  });

  it('stays connected if it has never answered one: perhaps its firmware knows none', async () => {
    const { ask, record } = await aGateway();
    const answers = [ask(), ask(), ask()];
    await jest.advanceTimersByTimeAsync(90_000);
    await expect(Promise.all(answers)).resolves.toEqual(Array<CommandOutcome | string>(3).fill('command_timeout'));
    expect(record.state).toBe('connected');
  });
});

describe('a process that others may replace', () => {
  /** Owns gateways, and may order what the test says. */
  const aReplica = (may: { order: boolean; isOwner?: boolean }) =>
    ({
      isShared: true,
      owns: () => may.isOwner ?? true,
      mayOrder: () => may.order,
      refused: new RefusedWrites(),
    }) as Partial<Ownership> as Ownership;

  it('sends commands only while it knows that it has the gateway, when their turn comes too', async () => {
    const may = { order: true };
    const { socket, ask, sentAfter } = await aGateway(aReplica(may));
    const known = socket.sent.length;
    const first = ask();
    await Promise.resolve();
    const second = ask();
    may.order = false;
    await expect(ask()).resolves.toBe('ownership_uncertain');
    socket.says(LIST);
    await expect(first).resolves.toEqual([{ Serial: 7 }]);
    await expect(second).resolves.toBe('withheld');
    expect(sentAfter(known)).toHaveLength(1);
  });

  it('refuses requests while it does not, unless the gateway is that of another replica', () => {
    const refusalOf = (may: { order: boolean; isOwner?: boolean }, gatewayId: string | null = ID) =>
      new OrderPermission(aReplica(may)).refusal(gatewayId);
    expect(refusalOf({ order: false })).toBeInstanceOf(OwnershipUncertainError);
    expect(refusalOf({ order: false }, null)).toMatchObject({ code: 'OWNERSHIP_UNCERTAIN', retryAfterSeconds: 2 });
    expect(refusalOf({ order: false, isOwner: false })).toBeNull();
    expect(refusalOf({ order: true })).toBeNull();
  });

  it('counts the requests that it refuses', () => {
    const [owner, other] = [aReplica({ order: false }), aReplica({ order: false, isOwner: false })];
    for (const replica of [owner, other]) new OrderPermission(replica).refusal(ID);
    new OrderPermission(owner).refusal(null);
    expect([owner, other].map(({ refused }) => refused.of('order'))).toEqual([2, 0]);
  });
});
