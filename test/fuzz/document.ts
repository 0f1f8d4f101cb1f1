/** The JSON-Schema words that the document uses; `SCHEMA_WORDS` has their names. References have been replaced by what they name. */
export interface Schema {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly readOnly?: boolean;
}

/** Words with rules, then words that only describe. */
export const SCHEMA_WORDS: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'propertyNames', 'items', 'anyOf', 'enum'],
  ...['const', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'format', 'readOnly'],
  ...['writeOnly', 'default', 'description', 'example'],
]);

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** A declared answer. Without a schema it has no body. */
export interface DeclaredAnswer {
  readonly mediaType: string | null;
  /** Media types besides that, whose content is not described. */
  readonly otherTypes: readonly string[];
  readonly schema: Schema | null;
  /** Error codes; empty if the answer is not an error. */
  readonly codes: readonly string[];
}

export interface Operation {
  readonly id: string;
  /** In upper case. */
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly schema: Schema; readonly isRequired: boolean } | null;
  readonly answers: ReadonlyMap<number, DeclaredAnswer>;
  /** The scope that a caller needs. `any`: a key is enough. `public`: none is needed. */
  readonly scope: string;
}

interface Media {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface Response {
  readonly content?: Readonly<Record<string, Media>>;
}

interface Item {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: { readonly 'application/json': Media } };
  readonly responses: Readonly<Record<string, Response>>;
  readonly 'x-required-scope': string;
}

/** An OpenAPI document. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Item>>>>;
}

export function operationsOf(document: Document): Operation[] {
  const { paths } = withoutReferences(document, document) as Document;
  return Object.entries(paths).flatMap(([path, items]) =>
    Object.entries(items).map(([method, item]) => toOperation(path, method, item)),
  );
}

function toOperation(path: string, method: string, item: Item): Operation {
  const schema = item.requestBody?.content['application/json'].schema;
  return {
    id: item.operationId,
    method: method.toUpperCase(),
    path,
    parameters: item.parameters ?? [],
    body: schema ? { schema, isRequired: item.requestBody.required === true } : null,
    answers: new Map(Object.entries(item.responses).map(([status, response]) => [Number(status), toAnswer(response)])),
    scope: item['x-required-scope'],
  };
}

function toAnswer({ content = {} }: Response): DeclaredAnswer {
  const [first, ...others] = Object.entries(content);
  const [mediaType = null, media] = first ?? [];
  const names = Object.keys(media?.examples ?? {});
  const otherTypes = others.map(([type]) => type);
  return {
    mediaType,
    otherTypes,
    schema: media?.schema ?? null,
    codes: names.filter((name) => /^[A-Z_]+$/.test(name)),
  };
}

/** Replaces each `$ref` by what it names. No schema contains itself. */
function withoutReferences(value: unknown, document: Document): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutReferences(each, document));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) return withoutReferences(lookUp(String(value.$ref), document), document);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutReferences(each, document)]));
}

/** What a JSON pointer (RFC 6901) refers to. @throws Error if there is nothing */
function lookUp(pointer: string, document: Document): unknown {
  let found: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown> | undefined)?.[name];
  }
  if (found === undefined) throw new Error(`the document has no ${pointer}`);
  return found;
}
