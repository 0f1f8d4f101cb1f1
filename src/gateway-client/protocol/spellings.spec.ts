import { fold, hasEncoded, readings } from './spellings';

/** What a text is decoded to, layer by layer. */
const decoded = (text: string) => readings(text).at(-1);

describe('readings', () => {
  it('of a text without an escape are the text alone, in lower case', () => {
    expect(readings('Invalid Password')).toEqual(['invalid password']);
    expect(readings('')).toEqual(['']);
  });

  it('are the text and its decodings, at most three layers deep', () => {
    expect(readings('a%2541')).toEqual(['a%2541', 'a%41', 'aa']);
    expect(readings('%25252541')).toEqual(['%25252541', '%252541', '%2541', '%41']);
  });

  it('also decode a plus as a space, as forms do', () => {
    expect(readings('a+b+c')).toEqual(['a+b+c', 'a b c']);
    expect(readings('a+%62')).toEqual(['a+%62', 'a %62', 'a+b', 'a b']);
  });

  it.each([
    ['bytes of a URL', 'x%41%42%2fx', 'xab/x'],
    ['bytes of an e-mail', 'x=41=42=2Fx', 'xab/x'],
    ['bytes in hex', String.raw`x\x41\x42\x2fx`, 'xab/x'],
    ['bytes in octal', String.raw`x\101\102\057x`, 'xab/x'],
    ['the largest byte in octal', String.raw`\377`, 'ÿ'],
    ['one byte below sixteen', String.raw`x%09\x09\011x`, 'x\t\t\tx'],
    ['bytes that are UTF-8', String.raw`%c3%a4=C3=A4\xc3\xa4\303\244`, 'ääää'],
    ['bytes that are not', String.raw`%e4=E4\xe4\344`, 'ääää'],
    ['code points of JSON', String.raw`x\u0041\u00e4\u00E4x`, 'xaääx'],
    ['code points of Python', String.raw`x\U00000041\U0001f511x`, 'xa🔑x'],
    ['code points of JavaScript', String.raw`x\u{41}\u{1F511}x`, 'xa🔑x'],
    ['code points of HTML', 'x&#65;&#66&#x43;&#X44&#128273;x', 'xabcd🔑x'],
    ['the last code point there is', String.raw`&#1114111;\u{10ffff}`, '\u{10ffff}\u{10ffff}'],
    ['code points that there are not', String.raw`x&#1114112;\u{110000}\U00110000x`, 'x   x'],
    ['short escapes', String.raw`x\n\t\r\b\f\vx`, 'x\n\t\r\b\f\vx'],
    ['escapes of a character itself', String.raw`\"\'\/\q`, `"'/q`],
    ['an escaped line end', 'x\\\nx', 'x\nx'],
    ['what only begins like a byte', '%4 %g1 = 50%', '%4 %g1 = 50%'],
    ['what only begins like a byte in hex', String.raw`\x4 \xg1`, 'x4 xg1'],
    ['what only begins like a byte in octal', String.raw`\4 \47 \478 \0 \400`, '4 47 478 0 400'],
    ['what only begins like a code point', String.raw`\u41 \u{} \u{1234567} \U0041`, 'u41 u{} u{1234567} u0041'],
    [
      'what only begins like an entity',
      '& &; &#; &#x; &amp &nosuchname; &unknown;',
      '& &; &#; &#x; &amp &nosuchname; &unknown;',
    ],
  ])('decode %s', (_, text, expected) => {
    expect(decoded(text)).toBe(expected);
  });

  // The names of the HTML standard, section 13.5.
  it.each([
    ['\t', 'Tab'],
    ['\n', 'NewLine'],
    [' ', 'nbsp'],
    ['!', 'excl'],
    ['"', 'quot', 'QUOT'],
    ['#', 'num'],
    ['$', 'dollar'],
    ['%', 'percnt'],
    ['&', 'amp', 'AMP'],
    ["'", 'apos'],
    ['(', 'lpar'],
    [')', 'rpar'],
    ['*', 'ast', 'midast'],
    ['+', 'plus'],
    [',', 'comma'],
    ['-', 'hyphen', 'dash'],
    ['.', 'period'],
    ['/', 'sol'],
    [':', 'colon'],
    [';', 'semi'],
    ['<', 'lt', 'LT'],
    ['=', 'equals'],
    ['>', 'gt', 'GT'],
    ['?', 'quest'],
    ['@', 'commat'],
    ['[', 'lsqb', 'lbrack'],
    ['\\', 'bsol'],
    [']', 'rsqb', 'rbrack'],
    ['^', 'Hat'],
    ['_', 'lowbar', 'UnderBar'],
    ['`', 'grave'],
    ['{', 'lcub', 'lbrace'],
    ['|', 'verbar', 'vert'],
    ['}', 'rcub', 'rbrace'],
    ['ä', 'auml', 'Auml'],
    ['ö', 'ouml'],
    ['ü', 'uuml'],
    ['ß', 'szlig'],
    ['é', 'eacute'],
    ['è', 'egrave'],
    ['à', 'agrave'],
    ['ç', 'ccedil'],
    ['ñ', 'ntilde'],
    ['€', 'euro'],
    ['£', 'pound'],
    ['§', 'sect'],
  ])('decode the HTML names of %j', (char, ...names) => {
    expect(names.map((name) => readings(`<&${name};>`)[1])).toEqual(names.map(() => `<${char}>`));
  });
});

describe('fold', () => {
  it('gives the same result for texts that differ only in case or in how accents are encoded', () => {
    expect(fold('BU\u0308CHER')).toBe('bücher');
    expect(fold('bücher')).toBe('bücher');
  });
});

describe('hasEncoded', () => {
  const secret = 'Pa55 wörd';
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const hex = (text: string) => Buffer.from(text).toString('hex');

  it.each(['', 'x', 'xy', 'xyz', '🔑'])('finds a secret in Base64 behind %j, whatever follows it', (before) => {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      expect(hasEncoded(`<${base64(before + secret + after)}>`, secret)).toBe(true);
    }
  });

  it.each([
    ['in lower case', base64(secret.toLowerCase())],
    ['in upper case', base64(secret.toUpperCase())],
    ['whose Base64 is in lower case', base64(secret).toLowerCase()],
    ['in Base64 on several lines', base64(secret).replace(/..../g, '$&\r\n')],
    ['in Base64 of several texts', base64(secret).replace(/..../g, `$&" '\\`)],
    ['in hex', hex(secret)],
    ['in hex in lower case', hex(secret.toLowerCase())],
    ['in hex in upper case', hex(secret.toUpperCase()).toUpperCase()],
    ['in hex with spaces', hex(secret).replace(/../g, '$&  ')],
    ['in hex with points and commas', hex(secret).replace(/....../g, '$&:.;,_-')],
    ['in hex with 0x', hex(secret).replace(/../g, '0x$&')],
    ['in hex with \\x', hex(secret).replace(/../g, '\\X$&')],
  ])('finds a secret %s', (_, text) => {
    expect(hasEncoded(`Bad login: ${text}!`, secret)).toBe(true);
  });

  it('finds a secret in Base64 for URLs', () => {
    const odd = '>>>???>>>';
    expect(base64(odd)).toMatch(/[+].*[/]/);
    expect(hasEncoded(Buffer.from(odd).toString('base64url'), odd)).toBe(true);
    expect(hasEncoded(base64(odd), odd)).toBe(true);
  });

  it('finds nothing in other texts', () => {
    expect(hasEncoded('Invalid e-mail or password', secret)).toBe(false);
    expect(hasEncoded(base64('another password'), secret)).toBe(false);
    expect(hasEncoded(secret, secret)).toBe(false);
  });

  it('ignores encodings of fewer than six characters, which occur by chance', () => {
    expect(hasEncoded(hex('abc'), 'abc')).toBe(true);
    expect(hasEncoded(hex('ab'), 'ab')).toBe(false);
    expect(hasEncoded(base64('abcde'), 'abcde')).toBe(true);
    expect(hasEncoded(base64('abc'), 'abc')).toBe(false);
    expect(hasEncoded('', '')).toBe(false);
  });
});
