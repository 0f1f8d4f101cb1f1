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

/** Refusals of a request before it reaches an operation. They are the same for every operation, so operations refer to them. */
const REFUSALS: Record<string, ErrorCode> = {
  403: 'CROSS_SITE_REQUEST',
  408: 'REQUEST_TIMEOUT',
  414: 'URI_TOO_LONG',
  421: 'MISDIRECTED_REQUEST',
  431: 'HEADERS_TOO_LARGE',
};
/** Refusals that apply only to requests that may change something. */
const FOR_CHANGES = new Set(['403']);

/** Completes a generated document, and cleans it up for readers and client generators. */
export function tidy(document: OpenAPIObject): OpenAPIObject {
  // The generator names a response schema X_Output, in case a request schema is named X. Our names are already distinct.
  const text = JSON.stringify(document, withoutRedundantPattern).replaceAll('_Output"', '"');
  const renamed = JSON.parse(text) as OpenAPIObject;
  for (const path of Object.values(renamed.paths)) {
    for (const method of METHODS) if (path[method]) tidyOperation(path[method], method !== 'get');
  }
  return {
    ...renamed,
    info: { ...renamed.info, ...RIGHTS },
    security: [], // No operation needs credentials.
    components: { ...renamed.components, responses: sharedResponses() },
  };
}

function sharedResponses() {
  return Object.fromEntries(
    Object.entries(REFUSALS).map(([status, code]) => [nameOf(status), errorResponse(Number(status), [code])]),
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

function tidyOperation(operation: Operation, isChange: boolean): void {
  for (const status of Object.keys(REFUSALS)) {
    if (isChange || !FOR_CHANGES.has(status)) {
      operation.responses[status] = { $ref: `#/components/responses/${nameOf(status)}` };
    }
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.description ||= STATUS_CODES[status] ?? '';
    if (status === '201')
      response.headers = { Location: { description: 'URL of the resource', schema: { type: 'string' } } };
    if (status === '429')
      response.headers = { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } };
  }
}
