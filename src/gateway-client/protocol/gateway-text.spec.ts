import { withTimeLimit } from '../../../test/unit-support/time-limit';
import { forPeople } from './gateway-text';

const password = 'correct horse';

describe('forPeople', () => {
  it('leaves an ordinary text as it is', () => {
    expect(forPeople('Invalid email or password', password)).toBe('Invalid email or password');
    expect(forPeople('', password)).toBe('');
  });

  it.each([
    ['alone', 'correct horse'],
    ['in a sentence', 'bad password: correct horse!'],
    ['far behind what is shown', `${'x'.repeat(5000)}correct horse`],
    ['across the place where the text is cut', `${'x'.repeat(195)}correct horse`],
  ])('hides the whole text if it contains the password: %s', (_, text) => {
    expect(forPeople(text, password)).toBe('(the gateway quoted the login)');
  });

  it('searches the first 16,384 characters, and shows at most the first 200', () => {
    const behind = (length: number) => `${'x'.repeat(length)}${password}`;
    expect(forPeople(behind(16_384 - password.length), password)).toBe('(the gateway quoted the login)');
    expect(forPeople(behind(16_384), password)).toBe(`${'x'.repeat(200)}…`);
  });

  it('shows nothing after the first thousand characters, even if a hidden address shortens them', () => {
    const address = `${'x'.repeat(980)}@example.org`;
    expect(forPeople(`${address} is unknown`, password)).toBe('[address] is unkn');
  });

  it.each(['qu"ote', 'back\\slash', 'new\nline'])(
    'recognises the password %j as it was written in the login frame',
    (odd) => {
      const quoted = `Cannot read ${JSON.stringify({ Data: { Password: odd } })}`;
      expect(forPeople(quoted, odd)).toBe('(the gateway quoted the login)');
    },
  );

  it.each([
    ['No user ops@example.org here', 'No user [address] here'],
    ['<ops@example.org>, "admin@localhost"', '<[address]>, "[address]"'],
    ['ops+1@sub.example.org', '[address]'],
    ['a lonely @ is no address', 'a lonely @ is no address'],
  ])('hides e-mail addresses: %j', (text, shown) => {
    expect(forPeople(text, password)).toBe(shown);
  });

  it.each([
    ['line\r\nbreaks\tand\u0000controls', 'line breaks and controls'],
    ['\u001b[31mcolours', '[31mcolours'],
    ['\u202eturned round', 'turned round'],
    ['other\u2028line\u2029ends', 'other line ends'],
    ['half a \ud800character', 'half a  character'],
    ['  spaces around  ', 'spaces around'],
  ])('reduces the text to one line without control characters: %j', (text, shown) => {
    expect(forPeople(text, password)).toBe(shown);
  });

  it('truncates a long text, and marks the cut', () => {
    expect(forPeople('x'.repeat(200), password)).toBe('x'.repeat(200));
    expect(forPeople('x'.repeat(201), password)).toBe(`${'x'.repeat(200)}…`);
  });

  it('does not cut a character in two', () => {
    const shown = forPeople(`${'x'.repeat(199)}😀😀`, password);
    expect(shown).toBe(`${'x'.repeat(199)}…`);
    expect(shown.isWellFormed()).toBe(true);
  });

  it.each(['a', '@', 'a@', '\u0000', ' '])('handles megabytes of %j in bounded time', (piece) => {
    // Searching the whole text would take hours: a hundredth of it takes ten seconds.
    withTimeLimit(() => expect(forPeople(piece.repeat(5_000_000), password).length).toBeLessThan(300));
  });
});

describe('a login that a gateway quotes', () => {
  it.each([
    ['as JSON that Python writes', 'päss wörd', '{"Password": "p\\u00e4ss w\\u00f6rd"}'],
    ['as Python shows it', `a'b"c and more`, `invalid login 'a\\'b"c and more'`],
    ['as part of a URL', 'correct horse', 'GET /login?p=correct%20horse'],
    ['cut off', 'correct horse battery', 'Password=correct horse b...'],
  ])('is not shown, %s', (_, password, text) => {
    expect(forPeople(text, password)).toBe('(the gateway quoted the login)');
  });

  it.each([
    ['12345678abcdefg', '(the gateway quoted the login)'],
    ['12345678abcdefgh', '(the gateway quoted the login)'],
    ['12345678abcdefghi', 'Bad password 12345678...'], // Its first half is longer than what is quoted.
    ['12345678abcdef', 'Bad password 12345678...'],
  ])('is detected by the first half of its password, if that has at least eight characters: %s', (password, shown) => {
    expect(forPeople('Bad password 12345678...', password)).toBe(shown);
  });

  it('is not detected by fewer than eight characters of its password', () => {
    expect(forPeople('Incorrect password', 'correct horse')).toBe('Incorrect password');
  });

  const secret = 'Cörrect h0rse<&>"!';
  const login = `ops@example.org:${secret}`;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const percent = (text: string) => hex(text).replace(/../g, (byte) => `%${byte}`);
  const each = (text: string, write: (code: number) => string) =>
    Array.from(text, (char) => write(char.codePointAt(0) ?? 0)).join('');
  const hex4 = (code: number) => code.toString(16).padStart(4, '0');
  const spellings: [string, (text: string) => string][] = [
    ['base64', base64],
    ['base64 with line ends', (text) => base64(text).replace(/.{5}/g, '$&\n')],
    ['base64 for URLs', (text) => Buffer.from(text).toString('base64url')],
    ['base64 of something longer', (text) => base64(`{"p":"${text}"}`)],
    ['hex', hex],
    ['hex in upper case, with colons', (text) => hex(text).toUpperCase().replace(/..\B/g, '$&:')],
    ['hex with 0x', (text) => hex(text).replace(/../g, '0x$&, ')],
    ['upper case', (text) => text.toUpperCase()],
    ['lower case', (text) => text.toLowerCase()],
    ['percent encoding', encodeURIComponent],
    ['percent encoding of every byte', percent],
    ['percent encoding in upper case', (text) => percent(text).toUpperCase()],
    ['percent encoding, twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['a form', (text) => new URLSearchParams({ text }).toString()],
    ['decimal entities', (text) => each(text, (code) => `&#${code};`)],
    ['hex entities', (text) => each(text, (code) => `&#x${code.toString(16)};`)],
    [
      'named entities',
      (text) =>
        text.replace(
          /[&<>"!@.ö]/g,
          (c) =>
            `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', '!': 'excl', '@': 'commat', '.': 'period', ö: 'ouml' }[c] ?? ''};`,
        ),
    ],
    ['JSON in JSON', (text) => JSON.stringify(JSON.stringify(text))],
    ['JSON escapes', (text) => each(text, (code) => `\\u${hex4(code)}`)],
    ['Python escapes', (text) => each(text, (code) => `\\U0000${hex4(code)}`)],
    ['Python bytes', (text) => hex(text).replace(/../g, '\\x$&')],
    [
      'octal escapes',
      (text) => Array.from(Buffer.from(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    ],
  ];

  it.each(spellings)('is not shown as %s', (_, write) => {
    expect(forPeople(`Bad login <${write(secret)}>`, secret)).toBe('(the gateway quoted the login)');
    expect(forPeople(`Basic ${write(login)}`, secret)).toBe('(the gateway quoted the login)');
    const cut = write(`${secret} and much more of it`).slice(0, -12);
    expect(forPeople(`Bad login ${cut}`, `${secret} and much more of it`)).toBe('(the gateway quoted the login)');
  });

  it.each(spellings.filter(([how]) => !how.includes('case') || how.includes('hex') || how.includes('percent')))(
    'has an e-mail address that is not shown as %s',
    (_, write) => {
      const written = write('ops.desk@example.org');
      expect(forPeople(`No such user: ${written}`, secret, 'ops.desk@example.org')).toMatch(
        /^\(the gateway quoted the login\)$|^No such user: .*\[address\]"?\\*"?$/,
      );
    },
  );
});
