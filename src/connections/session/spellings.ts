/** One pass of decoding. Every quantifier is bounded, or of one class: the time grows with the length alone. */
const ESCAPED =
  /(?:[%=][0-9a-fA-F]{2})+|(?:\\x[0-9a-fA-F]{2})+|(?:\\[0-3][0-7]{2})+|\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|&#[xX][0-9a-fA-F]{1,8};?|&#[0-9]{1,8};?|&[a-zA-Z]{2,8};/gs;

/** What is encoded once more than this is not found. */
const MOST_LAYERS = 3;

/** The HTML names of the printable ASCII characters, as of the HTML standard, section 13.5. */
const NAMED: Readonly<Record<string, string>> = {
  tab: '\t',
  newline: '\n',
  nbsp: ' ',
  excl: '!',
  quot: '"',
  num: '#',
  dollar: '$',
  percnt: '%',
  amp: '&',
  apos: "'",
  lpar: '(',
  rpar: ')',
  ast: '*',
  midast: '*',
  plus: '+',
  comma: ',',
  hyphen: '-',
  dash: '-',
  period: '.',
  sol: '/',
  colon: ':',
  semi: ';',
  lt: '<',
  equals: '=',
  gt: '>',
  quest: '?',
  commat: '@',
  lsqb: '[',
  lbrack: '[',
  bsol: '\\',
  rsqb: ']',
  rbrack: ']',
  hat: '^',
  lowbar: '_',
  underbar: '_',
  grave: '`',
  lcub: '{',
  lbrace: '{',
  verbar: '|',
  vert: '|',
  rcub: '}',
  rbrace: '}',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
  ntilde: 'ñ',
  euro: '€',
  pound: '£',
  sect: '§',
};

/** Escapes of one character that do not stand for the character itself. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** Shorter pieces of base64 and of hex are in many texts by chance. */
const SHORTEST_CODE = 6;

/**
 * The texts that a gateway's text may have come from, each in lower case: as it is, and with its escapes decoded, layer by layer. They
 * are of JSON, Python, HTML, URLs and forms, e-mail.
 */
export function readings(text: string): string[] {
  const found = [text];
  let [last] = found;
  for (let layer = 0; layer < MOST_LAYERS && last !== undefined; layer += 1) {
    const next: string = last.replace(ESCAPED, decodeEscape);
    if (next === last) break;
    found.push(next);
    last = next;
  }
  const spaced = found.flatMap((reading) =>
    reading.includes('+') ? [reading, reading.replaceAll('+', ' ')] : [reading],
  );
  return spaced.map(fold);
}

/** Makes texts comparable that differ in case, or in how an accent is written. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/**
 * Whether a text has a secret in it that is written in base64 or in hex, by itself or as a part of something longer, such as
 * `Basic <base64 of e-mail:password>`.
 */
export function hasEncoded(text: string, secret: string): boolean {
  const letters = text
    .replace(/[\s"'\\]+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .toLowerCase();
  const digits = text.replace(/0x|\\x|[\s:,;_.-]+/gi, '').toLowerCase();
  const variants = new Set([secret, secret.toLowerCase(), secret.toUpperCase()]);
  return [...variants].some(
    (variant) =>
      base64Pieces(variant).some((piece) => letters.includes(piece)) ||
      includesCode(digits, Buffer.from(variant).toString('hex')),
  );
}

/** What base64 makes of a secret, whatever stands before and after it: it looks different by where among three bytes it begins. */
function base64Pieces(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2]
    .map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      // The characters at the edges hold bits of what stands beside it.
      const first = Math.ceil((offset * 8) / 6);
      const last = Math.floor(((offset + bytes.length) * 8) / 6);
      return text.slice(first, last).toLowerCase();
    })
    .filter(({ length }) => length >= SHORTEST_CODE);
}

function includesCode(text: string, code: string): boolean {
  return code.length >= SHORTEST_CODE && text.includes(code);
}

function decodeEscape(escape: string): string {
  const [first, second = ''] = escape;
  if (first === '%' || first === '=') return textOf(escape.replace(/[%=]/g, ''));
  if (first === '&') return decodeEntity(escape);
  if (second === 'x' && escape.length > 2) return textOf(escape.replaceAll('\\x', ''));
  if (/[uU]/.test(second) && escape.length > 2) return character(parseInt(escape.replace(/[\\{}uU]/g, ''), 16));
  if (/[0-7]/.test(second) && escape.length > 2) {
    return textOf(
      escape
        .slice(1)
        .split('\\')
        .map((octal) => parseInt(octal, 8).toString(16).padStart(2, '0'))
        .join(''),
    );
  }
  return SHORT_ESCAPES[second] ?? second;
}

function decodeEntity(entity: string): string {
  const name = entity.slice(1).replace(/;$/, '').toLowerCase();
  if (name.startsWith('#x')) return character(parseInt(name.slice(2), 16));
  if (name.startsWith('#')) return character(Number(name.slice(1)));
  return NAMED[name] ?? entity;
}

/** Bytes are UTF-8, or Latin-1 where they cannot be that. */
function textOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const text = bytes.toString();
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}
