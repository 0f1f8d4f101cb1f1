import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { errorResponse } from '../contract/api-errors';
import type { ErrorCode } from '../../common/error-codes';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** In OpenAPI 3.1 a license has an SPDX identifier, which these types do not declare. */
const RIGHTS: Pick<OpenAPIObject['info'], 'contact' | 'license'> = {
  contact: { name: 'The operator of this service' },
  license: Object.assign({ name: 'Proprietary' }, { identifier: 'LicenseRef-Proprietary' }),
};

const METHODS = ['get', 'post', 'put', 'delete'] as const;

/** Names of the schemes by which callers show who they are. */
export const SECURITY_SCHEME = 'apiKey';
export const SESSION_SCHEME = 'session';

/** Refusals of a request before it reaches an operation. They are the same for every operation, so operations refer to them. */
const REFUSALS: Record<string, ErrorCode[]> = {
  401: ['UNAUTHENTICATED'],
  403: ['FORBIDDEN', 'ADDRESS_NOT_ALLOWED', 'CROSS_SITE_REQUEST'],
  408: ['REQUEST_TIMEOUT'],
  414: ['URI_TOO_LONG'],
  421: ['MISDIRECTED_REQUEST'],
  429: ['TOO_MANY_REQUESTS'],
  431: ['HEADERS_TOO_LARGE'],
};
/** Refusals of operations that need a key. */
const FOR_CALLERS = new Set(['401', '403', '429']);

/** Completes a generated document, and cleans it up for readers and client generators. */
export function tidy(document: OpenAPIObject): OpenAPIObject {
  // The generator names a response schema X_Output, in case a request schema is named X. Our names are already distinct.
  const text = JSON.stringify(document, withoutRedundantPattern).replaceAll('_Output"', '"');
  const renamed = JSON.parse(text) as OpenAPIObject;
  for (const path of Object.values(renamed.paths)) {
    for (const method of METHODS) if (path[method]) tidyOperation(path[method]);
  }
  return {
    ...renamed,
    info: { ...renamed.info, ...RIGHTS },
    security: [], // Each operation has its own.
    components: { ...renamed.components, responses: sharedResponses() },
  };
}

const HEADERS: Partial<
  Record<string, Record<string, { description: string; schema: { type: 'string' | 'integer' } }>>
> = {
  201: { Location: { description: 'URL of the resource', schema: { type: 'string' } } },
  401: { 'WWW-Authenticate': { description: 'The scheme: `Bearer`', schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } },
};

function sharedResponses() {
  return Object.fromEntries(
    Object.entries(REFUSALS).map(([status, codes]) => {
      const response = errorResponse(Number(status), codes);
      const headers = HEADERS[status];
      return [nameOf(status), headers ? { ...response, headers } : response];
    }),
  );
}

/** The name of a shared response: `URITooLong` for 414. */
function nameOf(status: string): string {
  return (STATUS_CODES[status] ?? '').replaceAll(' ', '');
}

/** The pattern repeats the format, and generated clients would check every response against it. */
function withoutRedundantPattern(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('format' in value)) return value;
  return ['uuid', 'date-time'].includes(String(value.format)) ? { ...value, pattern: undefined } : value;
}

function tidyOperation(operation: Operation): void {
  const isPublic = (operation as { 'x-required-scope'?: string })['x-required-scope'] === 'public';
  // A public operation accepts a key too: health then answers with details.
  const schemes: Record<string, string[]>[] = [{ [SECURITY_SCHEME]: [] }, { [SESSION_SCHEME]: [] }];
  operation.security = isPublic ? [{}, ...schemes] : schemes;
  for (const status of Object.keys(REFUSALS)) {
    if (isPublic && FOR_CALLERS.has(status)) continue;
    operation.responses[status] ??= { $ref: `#/components/responses/${nameOf(status)}` };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.description ||= STATUS_CODES[status] ?? '';
    const headers = HEADERS[status];
    if (headers) response.headers = headers;
  }
}
