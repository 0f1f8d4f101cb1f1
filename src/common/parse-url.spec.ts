import { parseUrl } from './parse-url';

describe('parseUrl', () => {
  it('returns the URL, or null if the text is not a URL', () => {
    expect(parseUrl('WS://Bücher.Example:80/x')?.href).toBe('ws://xn--bcher-kva.example/x');
    expect(parseUrl('no URL')).toBeNull();
    expect(parseUrl('')).toBeNull();
  });
});
