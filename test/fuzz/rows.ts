import fc from 'fast-check';

/** What a request can refer to before its id is known. */
export type RowKind =
  | 'organization'
  | 'factory'
  | 'gateway'
  | 'sensor'
  | 'reading'
  | 'backfill'
  | 'acquisition'
  | 'schedule'
  | 'key'
  | 'secret'
  | 'unknown'
  | 'device'
  | 'world';

/** How many of each there are. */
const COUNT = 4;

/** `~gateway.2~`: needs no escapes in a URL, a header or JSON. */
const REFERENCE =
  /~(organization|factory|gateway|sensor|reading|backfill|acquisition|schedule|key|secret|unknown|device|world)\.(\d)~/g;

/** References to rows of one kind, by number. */
export function referenceTo(kind: RowKind): fc.Arbitrary<string> {
  return fc.nat({ max: COUNT - 1 }).map((index) => `~${kind}.${index}~`);
}

/** Rows that requests refer to. */
export type Rows = Readonly<Record<RowKind, readonly string[]>>;

/** Rows of other organizations than that of the callers with a key of an organization: see `world.ts`. */
export function foreignIds({ organization, ...rows }: Rows): string[] {
  return [
    ...organization.slice(0, COUNT),
    ...[
      rows.factory,
      rows.gateway,
      rows.sensor,
      rows.reading,
      rows.backfill,
      rows.acquisition,
      rows.schedule,
      rows.key,
    ].flatMap((ids) => ids.slice(0, -1)),
  ];
}

/** Replaces references with ids. */
export function filled(template: string, rows: Rows): string {
  return template.replace(REFERENCE, (_, kind: RowKind, index: string) => {
    const of = rows[kind];
    return of[Number(index) % of.length] ?? '';
  });
}
