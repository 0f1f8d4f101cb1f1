import { passwordBinding } from './gateway.entity';
import { originOf, originText } from './origin';

describe('originOf', () => {
  it.each([
    ['ws://10.0.0.7', 'ws', '10.0.0.7', 80],
    ['wss://10.0.0.7/a?b', 'wss', '10.0.0.7', 443],
    ['ws://10.0.0.7:80', 'ws', '10.0.0.7', 80],
    ['wss://10.0.0.7:80', 'wss', '10.0.0.7', 80],
    ['WSS://GW.Example:5000', 'wss', 'gw.example', 5000],
    ['ws://[FD00::0007]:5000', 'ws', '[fd00::7]', 5000],
    ['mqtt://10.0.0.7', 'mqtt', '10.0.0.7', 0],
  ])('of %s is %s, %s and %d', (url, scheme, host, port) => {
    expect(originOf(url)).toEqual({ scheme, host, port });
    expect(originText(url)).toBe(`${scheme}://${host}:${port}`);
  });

  it('SEC-25: is what a sealed password is bound to, beside the id of the row', () => {
    expect(passwordBinding('row 1', 'WS://GW.Example/path?query')).toBe('row 1.ws://gw.example:80');
  });

  it('of a text that is not a URL is one that no URL has', () => {
    expect(originOf('not a url')).toEqual({ scheme: '', host: 'not a url', port: 0 });
    expect(originText('not a url')).not.toBe(originText('nor is this'));
  });
});
