import { parseUrl } from './parse-url';

describe('parseUrl', () => {
  it('is the URL that a text stands for, or null', () => {
    expect(parseUrl('WS://Bücher.Example:80/x')?.href).toBe('ws://xn--bcher-kva.example/x');
    expect(parseUrl('no URL')).toBeNull();
    expect(parseUrl('')).toBeNull();
  });
});
