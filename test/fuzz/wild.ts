import fc from 'fast-check';
import { rootCertificates } from 'node:tls';
import { encodeCursor } from '../../src/http/contract/cursor';

const NASTY = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e999',
    'null',
    'undefined',
    'NaN',
    'true',
    '[]',
    '{}',
    '%',
    '%zz',
    '%00',
    '..',
    '../../etc/passwd',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    "'",
    "';--",
    '" OR 1=1',
    '\\',
    '\\x00',
    '$1',
    '${1}',
    '{{1}}',
  ],
  ...[
    '\0',
    'a\0b',
    '\r\nX: 1',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\ud800',
    '\udfff',
    '\u{1f469}\u200d\u{1f469}',
    'İ',
    'ß',
    'ﬃ',
  ],
  ...['2026-02-30T25:61:00Z', '9'.repeat(30), 'x'.repeat(256), 'ü'.repeat(2000), '%'.repeat(300), '_'.repeat(300)],
  ...[
    'ws://',
    'ws://[',
    'ws://a:0',
    'ws://10.0.0.1:1/',
    'ws://u:p@127.0.0.1:9/',
    'http://127.0.0.1:9/',
    'ws://0x7f.1:9/',
  ],
  ...['ws://[::ffff:7f00:1]:9/', 'ws://169.254.169.254/', 'ws://127.0.0.1:99999/', `ws://${'a.'.repeat(130)}:9/`],
  ...[
    'EST5EDT',
    'Mars/Olympus',
    rootCertificates[0] ?? '',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  ],
];

export const wildText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 20 }),
  fc.tuple(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 10 })).map((parts) => parts.join('')),
);

const numbers = fc.constantFrom(-0, 2 ** 31, 2 ** 53, -(2 ** 63), 1e-320, 1.7976931348623157e308);

/** JSON of any shape. */
export const wildJson: fc.Arbitrary<unknown> = fc.oneof(
  wildText,
  numbers,
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
  fc.dictionary(wildText, fc.oneof(wildText, numbers), { maxKeys: 4 }),
  fc.integer({ min: 1, max: 40 }).map(nested),
);

/** Bodies that are no JSON, or JSON that no serializer writes. */
export const rawBody: fc.Arbitrary<string> = fc.oneof(
  wildText,
  fc.constantFrom(
    ...[
      '',
      ' ',
      '{',
      '[',
      '{"a":}',
      '{"a":1,}',
      '{"name":"a","name":"b"}',
      '\ufeff{}',
      '{"__proto__":{}}',
      'null',
      '0',
      '"x"',
    ],
    ...['{"metadata":{"a":1e999}}', '{"metadata":{"a":-0,"b":1E400}}', '{"metadata":{"constructor":{"prototype":{}}}}'],
    ...[
      '['.repeat(5000),
      `{"metadata":${'{"a":'.repeat(2000)}1${'}'.repeat(2001)}`,
      `{"name":"${'x'.repeat(40_000)}"}`,
    ],
    ...[
      `{"metadata":{"a":"${'x'.repeat(140_000)}"}}`,
      `{${Array.from({ length: 3000 }, (_, index) => `"k${index}":1`).join()}}`,
    ],
  ),
);

const cursorPosition = fc.record({
  key: fc.oneof(fc.constantFrom('0', '-1', '9'.repeat(16), '1738000000000000'), wildText),
  id: fc.uuid(),
  total: fc.nat({ max: 2_147_483_647 }),
  offset: fc.nat({ max: 2_147_483_647 }),
});

/** The query of a next page that this service could have named, but with any position. @param filters how many the list has */
export function forgedPage(list: string, sort: string, filters: number): fc.Arbitrary<[name: string, value: string][]> {
  const identity = [list, sort, ...Array.from({ length: filters }, () => undefined)];
  return cursorPosition.map(({ key, id, total, offset }) => [
    ['sort', sort],
    ['cursor', encodeCursor(identity, { last: { key, id }, total, offset })],
  ]);
}

/** Cursors that are none, or of another kind. */
export const wildCursor: fc.Arbitrary<string> = fc.oneof(
  wildText,
  fc.uuid(),
  wildJson.map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
);

/** Parts of a path that are not percent-encoded as they should be. */
export const wildSegment: fc.Arbitrary<string> = fc.oneof(
  wildText.filter((text) => text !== '').map(encoded), // Without an id, the path is that of the list.
  fc.constantFrom(
    '%',
    '%zz',
    '%00',
    '%ff',
    '%c0%80',
    '..',
    '.',
    '%2e%2e',
    '%2f',
    '%5c',
    'test',
    ';',
    '*',
    ':id',
    'a'.repeat(9000),
  ),
  fc.tuple(fc.uuid(), fc.constantFrom('%00', '%20', '.json', '/', '%0a', "'")).map((parts) => parts.join('')),
  fc.uuid().map((id) => id.toUpperCase()),
);

/** Text for a header: Node sends only these characters. */
export const headerText: fc.Arbitrary<string> = wildText.map((text) =>
  text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').trim(),
);

/** Percent-encodes, like `encodeURIComponent`, and also text that is not well-formed. */
export function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function nested(levels: number): unknown {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}
