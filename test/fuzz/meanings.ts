import fc from 'fast-check';
import { rootCertificates } from 'node:tls';
import { referenceTo } from './rows';
import { SECRET_MARK } from './secrets';

/** Nothing listens on these ports of the loopback interface, so that no connection leaves this machine. */
const REFUSED = ['ws://127.0.0.1:9', 'wss://127.0.0.1:1', 'wss://127.0.0.1:9', 'ws://[::1]:9'];

const url = fc
  .tuple(fc.oneof(fc.constantFrom(...REFUSED), referenceTo('device')), fc.nat({ max: 999_999 }))
  .map(([origin, path]) => `${origin}/${path}`);

type IdKind = 'organization' | 'factory' | 'gateway' | 'sensor' | 'backfill' | 'acquisition' | 'schedule' | 'key';

const rowId = (kind: IdKind) =>
  fc.oneof({ weight: 8, arbitrary: referenceTo(kind) }, { weight: 1, arbitrary: referenceTo('unknown') });

/** Values that keep the rules which a schema cannot express, by the name of the field or parameter. */
export const MEANINGS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  organization_id: rowId('organization'),
  factory_id: rowId('factory'),
  sensor_id: rowId('sensor'),
  schedule_id: rowId('schedule'),
  ids: fc.array(rowId('gateway'), { minLength: 1, maxLength: 5 }),
  // Not to wait for minutes.
  wait_s: fc.constantFrom(0, 0, 0, 0, 1),
  url,
  password: fc.string({ minLength: 1, maxLength: 40 }).map((text) => `${SECRET_MARK}${text}`),
  email: fc.constantFrom('ops@example.org', 'a@b.example', "o'neil+tag@mail.example.org"),
  timezone: fc.constantFrom('UTC', 'Europe/Madrid', 'America/Argentina/Buenos_Aires'),
  clock_zone: fc.constantFrom(null, 'UTC', 'Europe/Madrid', 'America/Argentina/Buenos_Aires'),
  tls: fc.constantFrom(
    ...[null, {}, { insecure: false }, { insecure: true }],
    { ca: rootCertificates[0] },
    { fingerprint256: 'ab'.repeat(32) },
  ),
  api_key: referenceTo('secret'),
  prefix: fc.stringMatching(/^gwh_[0-9A-Za-z]{8}$/),
  expires_at: fc.constantFrom(null, '2999-01-01T00:00:00Z', '2999-12-31T23:59:59.999+14:00'),
  allowed_networks: fc.constantFrom(null, ['127.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32']),
  gateway_networks: fc.constantFrom(null, ['127.0.0.0/8'], ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32']),
  boundaries_mm_s: fc.constantFrom({ ab: 2.3, bc: 4.5, cd: 7.1 }, { ab: 0.001, bc: 1, cd: 1_000_000 }),
  data: fc.constantFrom([
    {
      standard: 'ISO 20816-3',
      group: '1',
      support: 'rigid',
      boundaries_mm_s: { ab: 2.3, bc: 4.5, cd: 7.1 },
      note: null,
    },
  ]),
  standard: fc.constant('ISO 20816-3'),
  group: fc.constantFrom('1', '2'),
  // Of a schedule. Its times are no days, unlike those of a period.
  target: fc
    .constantFrom('factory' as const, 'gateway' as const, 'sensor' as const)
    .chain((type) => rowId(type).map((id) => ({ type, id }))),
  windows: fc.constantFrom(
    [],
    [
      { days: ['mon', 'sun'], from: '22:00', to: '06:00' },
      { from: '00:00', to: '24:00' },
    ],
  ),
  quantity: fc.constant('acceleration'), // The unit must be one of the quantity.
  unit: fc.constantFrom('g', 'm_s2'),
  fmin: fc.constantFrom(0, 10.5),
  fmax: fc.constantFrom(11, 3200),
  band: fc.constantFrom('500-5000', '10-100.5'),
  'If-None-Match': fc.constantFrom('*', '"other"', 'W/"other", "another"'),
  'If-Match': fc.constantFrom('*', '"rev-1"', '"rev-1", "rev-2", "rev-3"', 'W/"rev-1"', '"other"'),
  // New for each set of rows: a request that is repeated with other rows must not be refused for its key.
  'Idempotency-Key': fc
    .tuple(referenceTo('world'), fc.oneof(fc.nat({ max: 3 }), fc.nat()))
    .map(([world, number]) => `${world}-${number}`),
  'Last-Event-ID': fc.constantFrom('', '0', '~world.0~', '~world.0~-1'),
  lastEventId: fc.constantFrom('', '0', '~world.0~', '~world.0~-1'),
};

/** The days of a period, which must not end before it begins. */
export const DAYS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  from: fc.constantFrom('2025-12-31', '2026-02-28'),
  to: fc.constantFrom('2026-03-01', '2026-12-31'),
};

/** Parameters for which no value is right without an earlier answer. */
export const NEVER_VALID: ReadonlySet<string> = new Set(['cursor']);

const KIND_OF_COLLECTION: Readonly<Record<string, IdKind>> = {
  organizations: 'organization',
  factories: 'factory',
  sensors: 'sensor',
  backfills: 'backfill',
  acquisitions: 'acquisition',
  schedules: 'schedule',
  keys: 'key',
};

/** Ids of rows that the `id` of a path can refer to. */
export function idsFor(path: string): fc.Arbitrary<string> {
  const collection = path.split('/')[2] ?? '';
  if (collection === 'readings')
    return fc.oneof(referenceTo('reading'), fc.constantFrom('2026-02-09-1', '1999-12-31-999999'));
  return rowId(KIND_OF_COLLECTION[collection] ?? 'gateway');
}
