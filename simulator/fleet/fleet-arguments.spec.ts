import { ArgumentError, parseFleetArguments } from './fleet-arguments';

describe('parseFleetArguments', () => {
  it('asks for one captured gateway on port 5001, without a control interface, by default', () => {
    expect(parseFleetArguments([])).toMatchObject({
      fleet: { count: 1, mode: 'ports', port: 5001, profile: 'captured', notifyEveryMs: 0, chaos: false },
      controlPort: null,
    });
  });

  it('accepts every option', () => {
    const line =
      '--count 1000 --profile hostile --mode paths --host 0.0.0.0 --port 5000 --email a@example.org --password p ' +
      '--refusal b --notify-every 250 --samples 64 --chaos --control-port 4999 --sensors 20 --rate 5120 --signal sine ' +
      '--reading-every 60000 --temp-every 30000 --history-count 500 --history-days 7 --ids sensor --zone Europe/Berlin ' +
      '--clock-offset=-90000 --time-format second --take-ms 5 --end exclusive --max-cap 50 --connected-list object ' +
      '--notification flat-array';
    const sine = { kind: 'sine', hz: 50, g: 1, phase: 0, dc: 0, decimals: 4 };

    expect(parseFleetArguments(line.split(' '))).toEqual({
      fleet: {
        count: 1000,
        profile: 'hostile',
        mode: 'paths',
        host: '0.0.0.0',
        port: 5000,
        email: 'a@example.org',
        password: 'p',
        refusal: 'b',
        notifyEveryMs: 250,
        samples: 64,
        chaos: true,
        sensors: 20,
        rateHz: 5120,
        signals: { X: sine, Y: sine, Z: sine },
        schedule: { reading: 60_000, temp: 30_000, batt: null },
        depth: { count: 500, days: 7 },
        ids: 'sensor',
        clock: { zone: 'Europe/Berlin', offsetMs: -90_000, format: 'second' },
        answers: { takeMs: 5, endExclusive: true, maxCap: 50 },
        connectedList: 'object',
        notification: 'flat-array',
      },
      controlPort: 4999,
    });
  });

  it('takes a signal for each axis as JSON', () => {
    const signal = '{"X":{"kind":"noise","seed":4},"Y":{"kind":"watermark"},"Z":null}';

    expect(parseFleetArguments(['--signal', signal])?.fleet.signals).toEqual({
      X: { kind: 'noise', rms: 0.5, seed: 4, decimals: 4 },
      Y: { kind: 'watermark' },
      Z: null,
    });
  });

  it('returns null when help is requested', () => {
    expect(parseFleetArguments(['--count', '3', '--help'])).toBeNull();
  });

  it.each([
    ['--count', '0'],
    ['--count', '1.5'],
    ['--count', ''],
    ['--port', '65536'],
    ['--profile', 'nice'],
    ['--mode', 'path'],
    ['--refusal', 'd'],
    ['--notify-every', '-1'],
    ['--control-port', 'http'],
    ['--signal', 'cosine'],
    ['--signal', '{"kind":"sine","hz":-1}'],
    ['--ids', 'uuid'],
    ['--zone', 'Berlin'],
    ['--end', 'maybe'],
    ['--notification', 'text'],
    ['--connected-list', 'map'],
  ])('rejects %s %j and names the option', (name, value) => {
    expect(() => parseFleetArguments([`${name}=${value}`])).toThrow(new RegExp(name));
  });

  it('refuses an option it does not know', () => {
    expect(() => parseFleetArguments(['--cuont', '3'])).toThrow(ArgumentError);
  });

  it('refuses more gateways than there are ports, and suggests --mode paths', () => {
    expect(() => parseFleetArguments(['--count', '10000', '--port', '60000'])).toThrow(/--mode paths/);
  });

  it('does not repeat part of an unquoted password in the error', () => {
    expect(() => parseFleetArguments(['--password', 'correct', 'horse'])).toThrow(/^(?!.*horse)/);
  });
});
