import fc from 'fast-check';
import type { Operation, Parameter, Schema } from './document';
import { idsFor, NEVER_VALID } from './meanings';
import { broken, valid } from './schema-values';
import { encoded, forgedPage, headerText, rawBody, wildCursor, wildJson, wildSegment, wildText } from './wild';

/** `valid`: as declared. `broken`: breaks one declared rule. `wild`: anything. */
export type Kind = 'valid' | 'broken' | 'wild';

/** A request as data. Ids of rows are references: see `rows.ts`. */
export interface FuzzRequest {
  readonly operation: string;
  readonly kind: Kind;
  readonly caller: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly encoding: 'utf8' | 'latin1' | 'utf16le';
}

/** A request before it is put together. The path has one text for each parameter in it. */
interface Parts {
  readonly path: readonly string[];
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly encoding: FuzzRequest['encoding'];
}

/** Requests for one of the operations. @param callers names; one that is repeated sends more of them */
export function requestsFor(operations: readonly Operation[], callers: readonly string[]): fc.Arbitrary<FuzzRequest> {
  // Deletes are rarer: every one of them makes later requests a 404.
  const choices = operations.map((operation) => ({
    weight: operation.method === 'DELETE' ? 1 : 4,
    arbitrary: requestsOf(operation, callers),
  }));
  return fc.oneof(...choices);
}

function requestsOf(operation: Operation, callers: readonly string[]): fc.Arbitrary<FuzzRequest> {
  const good = validParts(operation);
  const kinds: [Kind, fc.Arbitrary<Parts>][] = [
    ['valid', good],
    ...brokenParts(operation, good).map((parts): [Kind, fc.Arbitrary<Parts>] => ['broken', parts]),
    ['wild', wildParts(operation, good)],
  ];
  const of = (kind: Kind) => fc.oneof(...kinds.filter(([each]) => each === kind).map(([, parts]) => parts));
  const kind = fc.constantFrom<Kind>(...new Set(kinds.map(([each]) => each)));
  return kind.chain((chosen) =>
    fc
      .tuple(of(chosen), fc.constantFrom(...callers))
      .map(([parts, caller]) => toRequest(operation, chosen, caller, parts)),
  );
}

function toRequest(operation: Operation, kind: Kind, caller: string, parts: Parts): FuzzRequest {
  const { path, query, headers, body, encoding } = parts;
  const texts = path.values();
  const filledPath = operation.path.replace(/\{\w+\}/g, () => texts.next().value ?? '');
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
  const target = search === '' ? filledPath : `${filledPath}?${search}`;
  return { operation: operation.id, kind, caller, target, headers, body, encoding };
}

function validParts(operation: Operation): fc.Arbitrary<Parts> {
  const of = (place: Parameter['in']) => operation.parameters.filter((each) => each.in === place);
  const values = (parameters: readonly Parameter[]): fc.Arbitrary<Record<string, string | string[]>> => {
    const possible = parameters.filter(({ name }) => !NEVER_VALID.has(name));
    const texts = possible.map((each) => [each.name, valueOf(operation, each)] as const);
    const requiredKeys = possible.filter(({ required }) => required === true).map(({ name }) => name);
    return fc.record<Record<string, string | string[]>>(Object.fromEntries(texts), {
      requiredKeys,
      noNullPrototype: true,
    });
  };
  return fc.record({
    path: values(of('path')).map((texts) => Object.values(texts).map(String)),
    query: values(of('query')).map(repeated),
    headers: values(of('header')).map((texts) => texts as Record<string, string>),
    body: operation.body ? withBody(operation.body) : fc.constant(null),
    encoding: fc.constant('utf8'),
  });
}

function withBody({ schema, isRequired }: NonNullable<Operation['body']>): fc.Arbitrary<string | null> {
  const body = valid(schema).map((value) => JSON.stringify(value));
  return isRequired ? body : fc.oneof({ weight: 3, arbitrary: body }, { weight: 1, arbitrary: fc.constant(null) });
}

/** A list is given as one parameter for each of its values. */
function repeated(texts: Record<string, string | string[]>): [name: string, value: string][] {
  return Object.entries(texts).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}

function valueOf({ path }: Operation, { name, schema }: Parameter): fc.Arbitrary<string | string[]> {
  if (schema.type === 'array') {
    const item = name === 'id' ? idsFor(path) : valid(schema.items ?? {}, name).map(String);
    return fc.array(item, { minLength: schema.minItems ?? 0, maxLength: 3 });
  }
  return name === 'id' ? idsFor(path) : valid(schema, name).map(String);
}

/** One entry for each place where a rule can be broken. */
function brokenParts({ parameters, body }: Operation, good: fc.Arbitrary<Parts>): fc.Arbitrary<Parts>[] {
  const ways = parameters.flatMap((parameter): fc.Arbitrary<Parts>[] => {
    const values = broken(parameter.schema, { isParameter: true })?.map(asText);
    if (!values) return [];
    // An empty part of a path makes it the path of no route.
    const texts = parameter.in === 'path' ? values.filter((text) => text !== '') : values;
    return [fc.tuple(good, texts).map(([parts, value]) => withParameter(parts, parameter, value))];
  });
  const values = body && broken(body.schema);
  if (values) ways.push(fc.tuple(good, values).map(([parts, value]) => ({ ...parts, body: JSON.stringify(value) })));
  if (body?.isRequired === true) ways.push(good.map((parts) => ({ ...parts, body: null })));
  return ways;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function withParameter(parts: Parts, parameter: Parameter, value: string): Parts {
  const { name } = parameter;
  switch (parameter.in) {
    case 'path':
      return { ...parts, path: [encoded(value)] };
    case 'query':
      return { ...parts, query: [...parts.query.filter(([each]) => each !== name), [name, value]] };
    case 'header':
      return { ...parts, headers: { ...parts.headers, [name]: value } };
  }
}

const WILD_HEADERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'content-type': fc.oneof(
    fc.constantFrom('application/json; charset=utf-8', 'application/json; charset=utf-16', 'text/plain', ''),
    fc.constantFrom('application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'),
    headerText,
  ),
  'content-encoding': fc.constantFrom('gzip', 'identity', 'x'),
  accept: fc.constantFrom('*/*', 'text/html', 'application/xml;q=0', ''),
  'accept-encoding': fc.constantFrom('gzip', 'identity;q=0'),
  expect: fc.constantFrom('100-continue', 'miracles'),
  host: fc.oneof(fc.constantFrom('localhost', 'evil.example', '[::1]', '127.0.0.1:99999', ''), headerText),
  origin: fc.oneof(fc.constantFrom('null', 'http://evil.example', 'http://127.0.0.1'), headerText),
  'sec-fetch-site': fc.constantFrom('cross-site', 'same-origin', 'none', 'x'),
  'x-request-id': headerText,
  'x-forwarded-for': headerText,
  'x-http-method-override': fc.constantFrom('DELETE', 'GET'),
  'if-none-match': fc.constantFrom('*', '"rev-1"'),
  range: fc.constantFrom('bytes=0-0', 'bytes=-'),
  upgrade: fc.constantFrom('websocket', 'h2c'),
  cookie: headerText,
  authorization: fc.oneof(fc.constantFrom('Bearer', 'Bearer gwh_', 'Basic eDp5', 'bearer null'), headerText),
  'x-large': fc.constantFrom('x'.repeat(40_000), 'x'.repeat(2000)),
};

const wildHeader = fc.oneof(
  ...Object.entries(WILD_HEADERS).map(([name, values]) => values.map((value): [string, string] => [name, value])),
);

/** A few: with all at once, the first refusal would hide what the others do. */
const wildHeaders = fc.array(wildHeader, { minLength: 1, maxLength: 2 }).map((headers) => Object.fromEntries(headers));

function wildParts(operation: Operation, good: fc.Arbitrary<Parts>): fc.Arbitrary<Parts> {
  const { method, parameters, path, body } = operation;
  const names = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  const name =
    names.length === 0
      ? wildText
      : fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: wildText });
  const pair = name.chain((key) => fc.tuple(fc.constant(key), key === 'cursor' ? wildCursor : wildText));
  const ownHeaders = parameters.filter((each) => each.in === 'header');
  const changes: fc.Arbitrary<Partial<Parts>>[] = [
    fc.array(pair, { minLength: 1, maxLength: 3 }).map((query) => ({ query })),
    wildHeaders.map((headers) => ({ headers })),
  ];
  if (ownHeaders.length > 0) {
    const headers = Object.fromEntries(ownHeaders.map((each) => [each.name, headerText]));
    changes.push(fc.record<Record<string, string>>(headers).map((texts) => ({ headers: texts })));
  }
  if (path.includes('{')) changes.push(wildSegment.map((segment) => ({ path: [segment] })));
  changes.push(...forgedPages(operation).map((page) => page.map((query) => ({ query }))));
  if (body) changes.push(wildBody(body.schema), wildBody(body.schema));
  // A body that is not declared, too. Node sends none with a GET.
  if (method !== 'GET') changes.push(fc.record({ body: rawBody, encoding }));
  const change = fc.oneof(...changes);
  return fc
    .tuple(good, fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([parts, all]) => Object.assign({}, parts, ...all) as Parts);
}

/** One entry for each sort of a list. */
function forgedPages({ path, parameters }: Operation): fc.Arbitrary<[name: string, value: string][]>[] {
  const query = parameters.filter((each) => each.in === 'query');
  const sorts = query.find(({ name }) => name === 'sort')?.schema.enum ?? [];
  const filters = query.filter(({ name }) => !['limit', 'offset', 'cursor', 'sort'].includes(name));
  return sorts.map((sort) => forgedPage(path.split('/')[2] ?? '', String(sort), filters.length));
}

const encoding = fc.constantFrom<FuzzRequest['encoding']>('utf8', 'utf8', 'latin1', 'utf16le');

/** A valid body with some fields replaced or added, cut off, or replaced by any JSON. */
function wildBody(schema: Schema): fc.Arbitrary<Partial<Parts>> {
  const good = valid(schema) as fc.Arbitrary<Record<string, unknown>>;
  const text = fc.oneof(
    wildJson.map((value) => JSON.stringify(value)),
    fc.tuple(good, fc.array(fc.tuple(fc.nat(), wildJson), { minLength: 1, maxLength: 3 })).map(([fields, replaced]) => {
      const names = [...Object.keys(fields), 'metadata'];
      const changes = replaced.map(([index, value]) => [names[index % names.length], value]);
      return JSON.stringify({ ...fields, ...(Object.fromEntries(changes) as object) });
    }),
    fc.tuple(good, wildText, wildJson).map(([fields, name, value]) => JSON.stringify({ ...fields, [name]: value })),
    fc.tuple(good, fc.nat({ max: 60 })).map(([fields, length]) => JSON.stringify(fields).slice(0, -length - 1)),
  );
  return text.map((body) => ({ body }));
}
