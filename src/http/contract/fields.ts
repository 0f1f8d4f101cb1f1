import { z } from 'zod';
import { parseNetwork } from '../../common/allowed-networks';

/** PostgreSQL cannot store NUL, and UTF-8 cannot encode a lone surrogate: accepting either would lose data. */
export const isStorableText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

export const STORABLE = 'must not contain NUL characters or lone surrogates';

/** Trimmed text of at least one character. */
export const requiredText = (max: number) => z.string().trim().min(1).max(max).refine(isStorableText, STORABLE);

/** Trimmed text, or null. Empty text, which forms send for a field that was left blank, is null. */
export const optionalText = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine(isStorableText, STORABLE)
    .nullable()
    .overwrite((text) => (text === '' ? null : text));

/** Text that is kept unchanged: spaces may be part of a password. */
export const verbatimText = (max: number) => z.string().min(1).max(max).refine(isStorableText, STORABLE);

export const id = z
  .guid('must be a UUID')
  .toLowerCase()
  .meta({ format: 'uuid', example: '3f1c2a9e-5b7d-4c8a-9e21-6d0f8b4a7c35' });

/** Networks in CIDR notation. */
export const networkList = (max: number) =>
  z
    .array(
      z
        .string()
        .max(50)
        .refine((text) => parseNetwork(text) !== null, 'must be a network such as 10.0.0.0/8'),
    )
    .min(1)
    .max(max);

export const timestamp = z.iso.datetime().meta({ example: '2026-02-09T10:00:03.120Z' });

const readInteger = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );

/** `?limit=20`: digits only, so that other text, such as an empty one, is refused and not converted to a number. */
export const queryInteger = (min: number, max: number, byDefault: number) => readInteger(min, max).prefault(byDefault);

/** The same, without a default. */
export const optionalQueryInteger = (min: number, max: number) => readInteger(min, max).optional();

/** `?fmax=1000.5`: a decimal number that is not negative, without an exponent. */
export const optionalQueryNumber = (max: number) =>
  z
    .preprocess(
      (text) => (typeof text === 'string' && /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : text),
      z.number().min(0).max(max),
    )
    .optional();

/** `?state=a&state=b`: one value or several, without a default. `checkQueryNames` lets only such parameters be repeated. */
export const queryList = <Item extends z.ZodType<string>>(item: Item, max: number) =>
  z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(item).min(1).max(max)).optional();

const MAX_IDS = 100;

/** `?id=a&id=b`: the names for the rows of a page, in one request. */
export const idList = queryList(id, MAX_IDS).meta({
  description: 'Only those with this id, or with one of these: `id=…&id=…`, up to 100',
});

/** `?listed=true`, without a default. */
export const optionalQueryFlag = z
  .preprocess((text) => (text === '' || text === 'true' ? true : text === 'false' ? false : text), z.boolean())
  .optional();

/** `?force`, `?force=true` or `?force=false`. */
export const queryFlag = z
  .preprocess((text) => (text === '' || text === 'true' ? true : text === 'false' ? false : text), z.boolean())
  .prefault(false);

/** False for an empty object: a request that changes nothing is a mistake of the client. */
export const isNotEmpty = (value: object): boolean => Object.keys(value).length > 0;
