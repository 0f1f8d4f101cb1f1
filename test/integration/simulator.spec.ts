import { once } from 'node:events';
import { connect } from 'node:net';
import { steps } from '../../simulator/faults';
import type { Step } from '../../simulator/faults';
import { FleetControl } from '../../simulator/fleet/fleet-control';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { Profile, SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { earlierTimer } from '../support/earlier-timer';
import { Client, eventually, followHandles } from './support/simulator-client';

const gateways: SimulatedGateway[] = [];

async function listen(options?: SimulatedGatewayOptions): Promise<SimulatedGateway> {
  const gateway = await SimulatedGateway.listen({ samples: 16, ...options });
  gateways.push(gateway);
  return gateway;
}

afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
});

describe('login', () => {
  it('accepts the right login and keeps no password', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);

    expect(client.frames).toEqual([
      {
        Type: 'RTN_LOGIN',
        From: 'SERV',
        Target: 'UI',
        Data: {
          Email: 'ops@example.org',
          First: 'Plant',
          Last: 'Operations',
          Success: true,
          AccessLevel: 2,
          Verified: true,
        },
      },
    ]);
    expect(gateway.logins).toEqual([{ email: 'ops@example.org', accepted: true, at: expect.any(Number) as number }]);
    expect(gateway.received).toEqual(['POST_LOGIN']);
  });

  it('refuses a wrong one with Success false (a) and leaves the socket open', async () => {
    const client = await Client.open((await listen()).url);
    client.login('ops@example.org', 'wrong');

    expect((await client.heard('RTN_LOGIN')).Data).toMatchObject({ Success: false });
    expect(client.isOpen).toBe(true);
  });

  it('refuses a wrong one with RTN_ERR (b)', async () => {
    const client = await Client.open((await listen({ refusal: 'b' })).url);
    client.login('somebody@example.org');

    expect((await client.heard('RTN_ERR')).Data).toMatchObject({ Attempt: 'POST_LOGIN' });
  });

  it('refuses a wrong one by closing (c)', async () => {
    const client = await Client.open((await listen({ refusal: 'c' })).url);
    client.login('ops@example.org', 'wrong');

    await eventually(() => client.closed === 1000);
    expect(client.texts).toEqual([]);
  });

  it.each<[Profile, string]>([
    ['refuse-a', 'RTN_LOGIN'],
    ['refuse-b', 'RTN_ERR'],
  ])('refuses the right login in the profile %s', async (profile, reply) => {
    const gateway = await listen({ profile });
    const client = await Client.open(gateway.url);
    client.login();

    await client.heard(reply);
    expect(gateway.loginCounts).toEqual({ accepted: 0, refused: 1 });
  });

  it('refuses the right login in the profile refuse-c', async () => {
    const client = await Client.open((await listen({ profile: 'refuse-c' })).url);
    client.login();

    await eventually(() => client.closed === 1000);
  });

  it('refuses and accepts again on demand', async () => {
    const gateway = await listen();
    const client = await Client.open(gateway.url);

    gateway.refuseLogins('b');
    client.login();
    await client.heard('RTN_ERR');
    gateway.refuseLogins(null);
    client.login();

    expect((await client.heard('RTN_LOGIN')).Data).toMatchObject({ Success: true });
  });

  it('accepts changed credentials and no longer the old ones', async () => {
    const gateway = await listen();
    const client = await Client.open(gateway.url);
    gateway.setCredentials('new@example.org', 'new');

    client.login();
    client.login('new@example.org', 'new');

    await eventually(() => client.texts.length === 2);
    expect(gateway.logins.map(({ email, accepted }) => ({ email, accepted }))).toEqual([
      { email: 'ops@example.org', accepted: false },
      { email: 'new@example.org', accepted: true },
    ]);
  });

  it('never answers a muted login, but still answers pings', async () => {
    const gateway = await listen();
    const client = await Client.open(gateway.url);
    gateway.muteLogins(true);

    client.login();
    client.ping();

    await eventually(() => client.pongs === 1);
    expect(client.texts).toEqual([]);
    expect(gateway.loginCounts).toEqual({ accepted: 0, refused: 1 });
  });
});

describe('commands', () => {
  it('refuses them before login, naming the command', async () => {
    const client = await Client.open((await listen()).url);
    client.ask('GET_DYN');

    expect((await client.heard('RTN_ERR')).Data).toMatchObject({ Attempt: 'GET_DYN' });
  });

  it('gives no reply to subscribe, unsubscribe and TAKE_*', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);

    client.ask('POST_SUB_CHANGES');
    client.ask('POST_UNSUB_CHANGES');
    client.ask('TAKE_DYN_TEMP', { Serial: 30_000_011 });
    await client.settled();

    expect(client.types).toEqual(['RTN_LOGIN', 'RTN_ERR']);
    expect(client.frames.at(-1)?.Data['Attempt']).toMatch(/^MARKER/);
  });

  it('answers an unknown type with that type, and a message without one with null', async () => {
    const client = await Client.loggedIn(await listen());

    client.ask('PING');
    client.say('{"From":"UI","Data":{}}');
    client.say('no JSON');
    client.say('[]');

    await eventually(() => client.texts.length === 5);
    expect(client.frames.slice(1).map(({ Data }) => Data['Attempt'])).toEqual(['PING', null, null, null]);
  });

  it('never echoes a correlation id', async () => {
    const client = await Client.loggedIn(await listen());
    client.say('{"Type":"GET_DYN","CorrelationId":"c-1","Data":{}}');

    await client.heard('RTN_DYN');
    expect(client.texts.join()).not.toContain('c-1');
  });

  it('lists sensors by serial in the profile manual, and in an array in the profile captured', async () => {
    const manual = await Client.loggedIn(await listen({ profile: 'manual', serials: [30_000_099] }));
    const captured = await Client.loggedIn(await listen({ profile: 'captured', serials: [30_000_099] }));
    manual.ask('GET_DYN', { Serials: [] });
    captured.ask('GET_DYN', { Serials: [] });

    expect((await manual.heard('RTN_DYN')).Data).toMatchObject({ '30000099': { Serial: 30_000_099, Connected: 1 } });
    expect((await captured.heard('RTN_DYN')).Data).toMatchObject([{ Serial: 30_000_099, Connected: 1 }]);
  });

  it('names the command when its data is wrong', async () => {
    const client = await Client.loggedIn(await listen());
    client.ask('GET_DYN_READINGS', { Max: 'all' });

    expect((await client.heard('RTN_ERR')).Data).toMatchObject({ Attempt: 'GET_DYN_READINGS' });
  });
});

describe('notifications', () => {
  it('reach only connections that are subscribed', async () => {
    const gateway = await listen();
    const [subscriber, bystander] = [await Client.subscribed(gateway), await Client.loggedIn(gateway)];

    gateway.notify('temp');
    await subscriber.heard('NOT_DYN_TEMP');
    await bystander.settled();

    expect(bystander.types).not.toContain('NOT_DYN_TEMP');
    expect(gateway.notificationsSent).toBe(1);
  });

  it('stop after unsubscribing', async () => {
    const gateway = await listen();
    const client = await Client.subscribed(gateway);
    client.ask('POST_UNSUB_CHANGES');
    await eventually(() => gateway.subscribedConnections === 0);

    gateway.notify();
    await client.settled();

    expect(client.types).not.toContain('NOT_DYN_READING');
  });

  it('reach every subscriber when one of them takes a reading', async () => {
    const gateway = await listen({ answers: { takeMs: 10 } });
    const [one, other] = [await Client.subscribed(gateway), await Client.subscribed(gateway)];
    await eventually(() => gateway.subscribedConnections === 2);

    one.ask('TAKE_DYN_READING', { Serial: 30_000_011 });

    await other.heard('NOT_DYN_TEMP');
    expect(other.types.slice(1)).toEqual(['NOT_DYN_READING_STARTED', 'NOT_DYN_READING', 'NOT_DYN_TEMP']);
  });

  it('are sent by themselves if configured', async () => {
    const gateway = await listen({ notifyEveryMs: 10 });
    const client = await Client.subscribed(gateway);

    await client.heard('NOT_DYN_READING');
    expect(client.types.slice(1, 5)).toEqual(['NOT_DYN_TEMP', 'NOT_DYN_BATT', 'NOT_DYN_TEMP', 'NOT_DYN_READING']);
  });
});

describe('faults', () => {
  it('drops without a code by a TCP reset, which is 1006 on both sides', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);
    gateway.drop();

    await eventually(() => client.closed === 1006 && gateway.openConnections === 0);
    expect(gateway.closes).toEqual([{ code: 1006, reason: '' }]);
  });

  it.each([
    [1000, 1000],
    [1001, 1001],
    [1011, 1011],
    [4321, 4321],
    [1006, 1006],
    [1005, 1006],
  ])('drops with %i, which the client sees as %i', async (code, seen) => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);
    gateway.drop(code);

    await eventually(() => client.closed === seen && gateway.openConnections === 0);
  });

  it('records how the client closed', async () => {
    const gateway = await listen();
    const [polite, rude] = [await Client.loggedIn(gateway), await Client.loggedIn(gateway)];

    polite.close(1000);
    await eventually(() => gateway.closes.length === 1);
    rude.terminate();
    await eventually(() => gateway.closes.length === 2);

    expect(gateway.closes).toEqual([
      { code: 1000, reason: 'bye' },
      { code: 1006, reason: '' },
    ]);
  });

  it('sends nothing while frozen, with its sockets open, and answers commands received meanwhile when thawed', async () => {
    const gateway = await listen();
    const client = await Client.subscribed(gateway);
    const other = await listen();
    const clock = await Client.loggedIn(other);

    gateway.freeze();
    client.ping();
    client.ask('GET_DYN');
    gateway.notify('temp');
    // Another gateway of the same process has answered since: this one had its chance.
    await clock.settled();
    await clock.settled();
    expect({ pongs: client.pongs, types: client.types, open: client.isOpen }).toEqual({
      pongs: 0,
      types: ['RTN_LOGIN'],
      open: true,
    });

    gateway.thaw();
    await client.heard('RTN_DYN');
    await eventually(() => client.pongs === 1);
    expect(client.types).not.toContain('NOT_DYN_TEMP');
  });

  it('lets new clients wait while frozen, and accepts those that are still waiting when thawed', async () => {
    const gateway = await listen();
    gateway.freeze();
    const [patient, impatient] = [new Client(gateway.url), new Client(gateway.url)];
    await eventually(() => gateway.upgradesAsked === 2);
    expect(gateway.connectionsAccepted).toBe(0);

    impatient.terminate();
    await eventually(() => impatient.closed === 1006);
    gateway.thaw();

    await eventually(() => patient.isOpen);
    patient.login();
    await patient.heard('RTN_LOGIN');
    expect(gateway.connectionsAccepted).toBe(1);
  });

  it('does not count a client twice that closed its socket and dialled again while frozen', async () => {
    const gateway = await listen();
    const first = await Client.loggedIn(gateway);
    gateway.freeze();
    first.ping();
    first.terminate();
    await eventually(() => first.closed === 1006);
    const second = new Client(gateway.url);
    await eventually(() => gateway.upgradesAsked === 2);

    gateway.thaw();

    await eventually(() => second.isOpen);
    expect({ open: gateway.openConnections, max: gateway.maxOpenConnections }).toEqual({ open: 1, max: 1 });
  });

  it('counts what a client says after a later one has spoken', async () => {
    const gateway = await listen();
    const [first, second] = [await Client.loggedIn(gateway), await Client.open(gateway.url)];
    first.ping();
    await eventually(() => first.pongs === 1);
    expect(gateway.overtaken).toBe(0);

    second.ping();
    await eventually(() => second.pongs === 1);
    first.ping();
    first.ask('GET_DYN_CONNECTED');

    await eventually(() => gateway.overtaken === 2);
  });

  it('ignores pings and answers everything else', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);
    gateway.ignorePings(true);

    client.ping();
    await client.settled();
    expect(client.pongs).toBe(0);

    gateway.ignorePings(false);
    client.ping();
    await eventually(() => client.pongs === 1);
  });

  it('accepts the login, then answers neither commands nor pings, when mute', async () => {
    const gateway = await listen({ profile: 'mute' });
    const client = await Client.loggedIn(gateway);
    client.ping();
    client.ask('GET_DYN');
    client.ask('NOBODY_KNOWS');
    await eventually(() => gateway.received.length === 3);
    const other = await Client.loggedIn(await listen());
    await other.settled();

    expect({ pongs: client.pongs, types: client.types, open: client.isOpen }).toEqual({
      pongs: 0,
      types: ['RTN_LOGIN'],
      open: true,
    });
  });

  it('delays each answer and keeps their order, when slow', async () => {
    const gateway = await listen();
    const client = await Client.loggedIn(gateway);
    gateway.slowDown(60);
    const beforeTheAnswer = earlierTimer(55);

    client.ask('GET_DYN');
    client.ask('GET_DYN_TEMPS');

    await beforeTheAnswer.due;
    expect(client.types).toEqual(['RTN_LOGIN']);
    await client.heard('RTN_DYN_TEMPS');
    expect(client.types.slice(1)).toEqual(['RTN_DYN', 'RTN_DYN_TEMPS']);
  });

  it('refuses a subscribe with RTN_ERR, and subscribes no client', async () => {
    const gateway = await listen();
    gateway.refuseSubscribe(true);
    const client = await Client.loggedIn(gateway);
    client.ask('POST_SUB_CHANGES');

    expect((await client.heard('RTN_ERR')).Data).toMatchObject({ Attempt: 'POST_SUB_CHANGES' });
    expect(gateway.subscribedConnections).toBe(0);
  });

  it.each([1000, 1001, 1006, 1008, 1011])('hangs up with %i at each step', async (code) => {
    const gateway = await listen();
    const closedAt = async (step: Step): Promise<Client> => {
      gateway.closeAt(step, code);
      const client = new Client(gateway.url);
      await eventually(() => client.isOpen || client.closed !== null);
      if (client.isOpen) client.login();
      await eventually(() => client.texts.length > 0 || client.closed !== null);
      if (client.isOpen) client.ask('POST_SUB_CHANGES');
      await eventually(() => client.closed === code);
      return client;
    };

    const heardOf: Partial<Record<Step, string[]>> = {};
    for (const step of steps) heardOf[step] = (await closedAt(step)).types;

    expect(heardOf).toEqual({
      upgrade: [],
      login: [],
      loggedIn: ['RTN_LOGIN'],
      subscribe: ['RTN_LOGIN'],
      subscribed: ['RTN_LOGIN'],
    });
    await eventually(() => gateway.openConnections === 0);
    expect(gateway.connectionsAccepted).toBe(5);
    expect(gateway.logins.map(({ accepted }) => accepted)).toContain(false);
  });

  it('rejects an upgrade with plain HTTP', async () => {
    const gateway = await listen();
    gateway.rejectUpgrade(503);
    const client = new Client(gateway.url);

    await eventually(() => client.status === 503);
    expect({ asked: gateway.upgradesAsked, accepted: gateway.connectionsAccepted }).toEqual({ asked: 1, accepted: 0 });
  });

  it('stops listening and starts again on the same port', async () => {
    const gateway = await listen();
    const { url } = gateway;
    const before = await Client.loggedIn(gateway);

    await gateway.stopListening();
    await eventually(() => before.closed === 1006);
    expect(gateway.openConnections).toBe(0);
    const refused = new Client(url);
    await eventually(() => refused.failure !== null);
    expect(refused.failure).toMatchObject({ code: 'ECONNREFUSED' });

    await gateway.startListening();
    await Client.loggedIn(gateway);
    expect(gateway.url).toBe(url);
  });

  it('sends any frame as it is, to every open connection', async () => {
    const gateway = await listen();
    const client = await Client.open(gateway.url);

    gateway.send('{"Type":"RTN_DYN","Data":NaN}');
    gateway.send('x'.repeat(2_000_000));

    await eventually(() => client.texts.length === 2);
    expect(client.texts[0]).toBe('{"Type":"RTN_DYN","Data":NaN}');
    expect(client.texts[1]).toHaveLength(2_000_000);
  });

  it('survives clients that break the protocol', async () => {
    const gateway = await listen();
    const port = Number(new URL(gateway.url).port);
    const raw = connect(port, '127.0.0.1');
    const heard: Buffer[] = [];
    raw.on('data', (chunk) => heard.push(chunk));
    await once(raw, 'connect');
    raw.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await eventually(() => gateway.openConnections === 1);
    raw.write(Buffer.from([0xff, 0xff, 0xff]));
    // 1002, protocol error.
    await eventually(() => Buffer.concat(heard).includes(Buffer.from([0x88, 0x02, 0x03, 0xea])));
    raw.destroy();
    await eventually(() => gateway.openConnections === 0);

    await Client.loggedIn(gateway);
  });
});

describe('the hostile profile', () => {
  it('accepts the login, then sends everything a tolerant client must survive, and no error message at first', async () => {
    const gateway = await listen({ profile: 'hostile' });
    const client = await Client.open(gateway.url);
    client.login();
    client.ask('POST_SUB_CHANGES');
    await eventually(() => client.texts.some((text) => text.includes('NOT_DYN_BATT')));
    const texts = client.texts;

    expect(texts.filter((text) => text.includes('"Success":true'))).toHaveLength(2);
    expect(texts).toEqual(expect.arrayContaining(['', '[]', '{}', 'null', '{"Type":"RTN_DYN","Data":{}}']));
    expect(texts.some((text) => text.includes('NaN'))).toBe(true);
    expect(texts.some((text) => text.startsWith('Traceback'))).toBe(true);
    expect(texts.some((text) => text.includes('RTN_ERR'))).toBe(false);
    expect(client.isOpen).toBe(true);
  });

  it('sends an error without an attempt only when no subscribe can be waiting for its answer', async () => {
    const gateway = await listen({ profile: 'hostile' });
    const client = await Client.open(gateway.url);
    client.login();
    const isNamelessHeard = (): boolean => client.texts.some((text) => text.includes('"Attempt":null'));
    const whileItMayWait = earlierTimer(2000);
    client.ask('POST_SUB_CHANGES');

    await whileItMayWait.due;
    expect(isNamelessHeard()).toBe(false);
    await eventually(isNamelessHeard);
  });
});

describe('a fleet', () => {
  it('gives each gateway a port of its own, and its own sensors', async () => {
    const fleet = await SimulatedFleet.listen({ count: 3, samples: 16 });
    const clients = await Promise.all(fleet.gateways.map((gateway) => Client.loggedIn(gateway)));
    clients.forEach((client) => client.ask('GET_DYN_CONNECTED'));
    const lists = await Promise.all(clients.map((client) => client.heard('RTN_DYN')));

    expect(new Set(fleet.gateways.map(({ url }) => url)).size).toBe(3);
    expect(lists.map(({ Data }) => (Data[0] as { Serial: number }).Serial)).toEqual([
      30_000_011, 30_000_021, 30_000_031,
    ]);
    await fleet.close();
  });

  it('leaves nothing open when one of its ports is taken', async () => {
    const taken = await listen();
    const port = Number(new URL(taken.url).port);
    const handles = followHandles();

    await expect(SimulatedFleet.listen({ count: 2, port: port - 1 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await eventually(() => !handles.open().includes('TCPSERVERWRAP'));
    handles.stop();
  });

  it('holds 500 gateways on one port, each with its own clients, faults and notifications', async () => {
    const fleet = await SimulatedFleet.listen({ count: 500, mode: 'paths', samples: 16, notifyEveryMs: 200 });
    const clients = await Promise.all(fleet.gateways.map((gateway) => Client.subscribed(gateway)));
    const [first, second] = fleet.gateways;

    expect(new Set(fleet.gateways.map(({ url }) => new URL(url).port)).size).toBe(1);
    expect(fleet.gateways.map(({ openConnections }) => openConnections)).toEqual(fleet.gateways.map(() => 1));
    await Promise.all(clients.map((client) => client.heard('NOT_DYN_TEMP')));

    first?.drop();
    await eventually(() => clients[0]?.closed === 1006);
    await second?.stopListening();
    const refused = new Client(second?.url ?? '');
    await eventually(() => refused.failure !== null);
    expect(clients.filter(({ isOpen }) => isOpen)).toHaveLength(498);

    await second?.startListening();
    await Client.open(second?.url ?? '');
    await fleet.close();
    await eventually(() => clients.every(({ closed }) => closed === 1006));
  });

  it('can be observed and given faults over HTTP', async () => {
    const fleet = await SimulatedFleet.listen({ count: 3, samples: 16 });
    const control = await FleetControl.listen(fleet);
    const post = (path: string, body?: object): Promise<Response> =>
      fetch(`${control.url}/gateways/${path}`, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
    const clients = await Promise.all(fleet.gateways.map((gateway) => Client.loggedIn(gateway)));

    const list: unknown = await (await fetch(`${control.url}/gateways`)).json();
    expect(list).toMatchObject({
      gateways: [{ number: 1, profile: 'captured', openConnections: 1, logins: { accepted: 1, refused: 0 } }, {}, {}],
    });
    expect(JSON.stringify(list)).not.toContain(DEFAULT_LOGIN.password);

    expect((await post('2/drop', { code: 1011 })).status).toBe(200);
    await eventually(() => clients[1]?.closed === 1011);
    expect(await (await post('all/stop')).json()).toEqual({ gateways: 3 });
    await eventually(() => clients.every(({ closed }) => closed !== null));
    expect((await post('all/start')).status).toBe(200);
    await Client.loggedIn(fleet.gateways[0] ?? (await listen()));

    expect((await post('9/drop')).status).toBe(404);
    expect((await post('1/explode')).status).toBe(404);
    expect((await post('1/drop', { code: 'x' })).status).toBe(400);
    expect((await post('1/refuse', { hwo: 'b' })).status).toBe(400);
    expect((await fetch(`${control.url}/gateways/1/drop`)).status).toBe(405);
    await control.close();
    await fleet.close();
  });

  it('can be told over HTTP how to misbehave towards new clients', async () => {
    const fleet = await SimulatedFleet.listen({ count: 1, samples: 16 });
    const control = await FleetControl.listen(fleet);
    const post = async (action: string, body: object = {}): Promise<number> => {
      const answer = await fetch(`${control.url}/gateways/1/${action}`, { method: 'POST', body: JSON.stringify(body) });
      return answer.status;
    };
    const url = fleet.gateways[0]?.url ?? '';

    expect(await post('reject-upgrade')).toBe(200);
    const rejected = new Client(url);
    await eventually(() => rejected.status === 503);
    expect(await post('reject-upgrade', { status: null })).toBe(200);

    expect(await post('refuse-subscribe')).toBe(200);
    expect(await post('ignore-pings')).toBe(200);
    const client = await Client.open(url);
    client.login();
    client.ping();
    client.ask('POST_SUB_CHANGES');
    expect((await client.heard('RTN_ERR')).Data).toMatchObject({ Attempt: 'POST_SUB_CHANGES' });
    expect(client.pongs).toBe(0);
    expect(await post('ignore-pings', { on: false })).toBe(200);
    client.ping();
    await eventually(() => client.pongs === 1);

    expect(await post('close-at', { step: 'login', code: 1008 })).toBe(200);
    const closed = await Client.open(url);
    closed.login();
    await eventually(() => closed.closed === 1008);
    expect(await post('close-at', { step: null })).toBe(200);
    const admitted = await Client.open(url);
    admitted.login();
    await admitted.heard('RTN_LOGIN');

    expect(await post('close-at', { step: 'lunch' })).toBe(400);
    expect(await post('reject-upgrade', { status: 101 })).toBe(400);
    await control.close();
    await fleet.close();
  });
});

describe('closing', () => {
  it('leaves no socket, no timer and no port, whatever was going on', async () => {
    const handles = followHandles();
    const gateway = await SimulatedGateway.listen({ profile: 'hostile', samples: 16, notifyEveryMs: 5, chaos: true });
    const client = await Client.open(gateway.url);
    client.login();
    client.ask('POST_SUB_CHANGES');
    client.ask('TAKE_DYN_TEMP', { Serial: 30_000_011 });
    await eventually(() => gateway.notificationsSent > 3);
    gateway.slowDown(60_000);
    client.ask('GET_DYN');
    client.ask('GET_DYN_TEMPS');
    await eventually(() => gateway.received.includes('GET_DYN_TEMPS'));
    gateway.freeze();
    const waiting = new Client(gateway.url);
    await eventually(() => gateway.upgradesAsked === 2);
    expect(handles.open()).toEqual(expect.arrayContaining(['TCPSERVERWRAP', 'TCPWRAP', 'Timeout']));

    await gateway.close();

    expect(gateway.openConnections).toBe(0);
    await eventually(() => client.closed === 1006 && waiting.closed === 1006);
    // What looks is itself woken by a timer, which counts as open until it returns.
    await eventually(
      () => handles.open().every((type) => type === 'Timeout') && handles.open().length <= 1,
      handles.open,
    );
    handles.stop();
    const refused = new Client(gateway.url);
    await eventually(() => refused.failure !== null);
  });

  it('can be repeated, and is final', async () => {
    const gateway = await SimulatedGateway.listen();
    await gateway.close();

    await expect(gateway.close()).resolves.toBeUndefined();
    await expect(gateway.startListening()).rejects.toThrow(/closed/);
  });
});
