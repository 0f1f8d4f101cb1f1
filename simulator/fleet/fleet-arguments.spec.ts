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
      '--refusal b --notify-every 250 --samples 64 --chaos --control-port 4999';

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
      },
      controlPort: 4999,
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
