/** Matches one escape. Every quantifier is bounded or runs over a single class, so matching takes linear time. */
const ESCAPED =
  /(?:[%=][0-9a-fA-F]{2})+|(?:\\x[0-9a-fA-F]{2})+|(?:\\[0-3][0-7]{2})+|\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|&#[xX][0-9a-fA-F]{1,8};?|&#[0-9]{1,8};?|&[a-zA-Z]{2,8};/gs;

/** Text with more layers of encoding than this is not recognized. */
const MAX_LAYERS = 3;

/** The HTML names of the printable ASCII characters (HTML standard, section 13.5). */
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

/** One-character escapes that do not stand for the character itself. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' };

/** Shorter pieces of Base64 or hex occur in ordinary text by chance. */
const SHORTEST_CODE = 6;

/**
 * The text itself and each result of decoding it layer by layer, in lower case. Decodes the escapes of JSON, Python, HTML, URLs, forms
 * and e-mail.
 */
export function readings(text: string): string[] {
  const found = [text];
  let [last] = found;
  for (let layer = 0; layer < MAX_LAYERS && last !== undefined; layer += 1) {
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

/** Normalizes text for a comparison that ignores case and the encoding of accents. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/**
 * Whether a text contains a secret encoded in Base64 or hex, alone or inside something longer, such as
 * `Basic <Base64 of e-mail:password>`.
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

/** The Base64 encodings of a secret inside a longer text. There are three, by its offset within a group of three bytes. */
function base64Pieces(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2]
    .map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
      // The characters at the edges also hold bits of the neighbouring bytes, or are padding.
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

/** Decodes as UTF-8, or as Latin-1 if the bytes are not valid UTF-8. */
function textOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const text = bytes.toString();
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
}
