import { z } from 'zod';
import { UnprocessableError } from '../../common/domain-error';
import { isNotEmpty } from './fields';

/** Kept fields: the service maintains them. A client cannot keep them from changing, so a PUT may send them with any value. */
const KEPT_FIELDS: ReadonlySet<string> = new Set<Kept>([
  ...(['id', 'created_at', 'updated_at', 'last_seen_at'] as const),
  ...(['last_used_at', 'last_used_address', 'revoked_at', 'state'] as const),
]);

/** A PUT sends a field that it cannot change, with a value other than the stored one. */
export class ReadOnlyFieldError extends UnprocessableError {
  readonly code = 'READ_ONLY_FIELD';

  /** @param hint says how the field can be changed, if it can */
  constructor(field: string, hint = 'leave it out, or send the stored value') {
    super(`${field} cannot be changed by this request: ${hint}`, field);
  }
}

type Kept =
  'id' | 'created_at' | 'updated_at' | 'last_seen_at' | 'last_used_at' | 'last_used_address' | 'revoked_at' | 'state';
type Changes<Shown, Changeable> = Omit<Shown, Kept | keyof Changeable> & Changeable;

/**
 * The schema of changes to a resource: every field that the resource shows may be sent back. `withoutKept` drops the kept fields, so
 * the type does not have them.
 *
 * A field that is neither changeable nor kept has the schema of the resource. The code that stores the changes must compare it with
 * the stored value: see `ReadOnlyFieldError`.
 * @param shown the resource as the API shows it
 * @param changeable fields that can be changed, and how they are checked
 */
export function changesTo<Shown extends z.ZodRawShape, Changeable extends z.ZodRawShape>(
  { shape }: z.ZodObject<Shown>,
  changeable: Changeable,
) {
  const fields = { ...shape, ...keptIn(shape), ...changeable } as unknown as Changes<Shown, Changeable>;
  return z.strictObject(fields).partial();
}

/** The body of a PUT: see `changesTo`. A body with only kept fields is valid, and changes nothing. */
export function updateOf<Shown extends z.ZodRawShape, Changeable extends z.ZodRawShape>(
  shown: z.ZodObject<Shown>,
  changeable: Changeable,
) {
  return changesTo(shown, changeable)
    .refine(isNotEmpty, 'must name at least one field to change')
    .overwrite(withoutKept);
}

/**
 * The body of a PUT to a resource most of which the service observes: only `changeable` and `fixed` count. The service maintains the other
 * fields, so a PUT may send them with any value, as in `updateOf`.
 * @param fixed names of fields that cannot be changed, and must have the stored value
 */
export function updateOfObserved<
  Shown extends z.ZodRawShape,
  Changeable extends z.ZodRawShape,
  Fixed extends keyof Shown & string,
>(shown: z.ZodObject<Shown>, changeable: Changeable, fixed: readonly Fixed[]) {
  const counts = new Set<string>([...Object.keys(changeable), ...fixed]);
  const others = Object.keys(shown.shape).filter((name) => !counts.has(name));
  const fields = { ...shown.shape, ...documented(shown.shape, others), ...changeable } as unknown as Pick<
    Shown,
    Fixed
  > &
    Changeable;
  return z
    .strictObject(fields)
    .partial()
    .refine(isNotEmpty, 'must name at least one field to change')
    .overwrite((body) => Object.fromEntries(Object.entries(body).filter(([name]) => counts.has(name))) as typeof body);
}

/** Drops the kept fields. Call it after the field names have been checked. */
export function withoutKept<Body extends object>(body: Body): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !isKept(name))) as Body;
}

function isKept(name: string): boolean {
  return KEPT_FIELDS.has(name);
}

/** Schemas of the kept fields: they accept any value, and have the documentation of the resource's fields. */
function keptIn(shape: z.core.$ZodShape): Record<string, z.ZodUnknown> {
  return documented(shape, Object.keys(shape).filter(isKept));
}

/** Schemas of these fields that accept any value. */
function documented(shape: z.core.$ZodShape, names: readonly string[]): Record<string, z.ZodUnknown> {
  const listed = Object.entries(shape).filter(([name]) => names.includes(name));
  return Object.fromEntries(listed.map(([name, field]) => [name, z.unknown().meta(documentationOf(field))]));
}

function documentationOf(field: z.core.$ZodType): z.core.GlobalMeta {
  return { ...z.toJSONSchema(field, { io: 'output' }), $schema: undefined, readOnly: true };
}
