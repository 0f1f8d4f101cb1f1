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
  ])('shows nothing of a text that has the password in it: %s', (_, text) => {
    expect(forPeople(text, password)).toBe('(the gateway quoted the login)');
  });

  it.each(['qu"ote', 'back\\slash', 'new\nline'])(
    'knows the password %j as it stood in the frame of the login',
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
  ])('hides addresses: %j', (text, shown) => {
    expect(forPeople(text, password)).toBe(shown);
  });

  it.each([
    ['line\r\nbreaks\tand\u0000controls', 'line breaks and controls'],
    ['\u001b[31mcolours', '[31mcolours'],
    ['\u202eturned round', 'turned round'],
    ['other\u2028line\u2029ends', 'other line ends'],
    ['half a \ud800character', 'half a  character'],
    ['  spaces around  ', 'spaces around'],
  ])('puts everything on one harmless line: %j', (text, shown) => {
    expect(forPeople(text, password)).toBe(shown);
  });

  it('cuts a long text, and says so', () => {
    expect(forPeople('x'.repeat(200), password)).toBe('x'.repeat(200));
    expect(forPeople('x'.repeat(201), password)).toBe(`${'x'.repeat(200)}…`);
  });

  it('does not cut a character in two', () => {
    const shown = forPeople(`${'x'.repeat(199)}😀😀`, password);
    expect(shown).toBe(`${'x'.repeat(199)}…`);
    expect(shown.isWellFormed()).toBe(true);
  });

  it.each(['a', '@', 'a@', '\u0000', ' '])('takes no longer for megabytes of %j than for a line', (piece) => {
    // Read as a whole it would outlast the test by far: a hundredth of it took ten seconds.
    expect(forPeople(piece.repeat(5_000_000), password).length).toBeLessThan(300);
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

  it('does not hide what only begins like a short password', () => {
    expect(forPeople('Incorrect password', 'correct horse')).toBe('Incorrect password');
  });
});
