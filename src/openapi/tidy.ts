import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'delete'] as const;

/** What can befall a request before it reaches any operation. */
const BEFORE_ANY_OPERATION = {
  408: 'REQUEST_TIMEOUT',
  414: 'URI_TOO_LONG',
  421: 'MISDIRECTED_REQUEST',
  431: 'HEADERS_TOO_LARGE',
};
/** … and one that may change something. */
const BEFORE_A_CHANGE = { ...BEFORE_ANY_OPERATION, 403: 'CROSS_SITE_REQUEST' };

/** Makes a generated document pleasant to read and to generate from: plain schema names, and no empty description. */
export function tidy(document: OpenAPIObject): OpenAPIObject {
  // A schema of an answer is called X_Output, in case one of a request is called X. Ours have names of their own.
  const text = JSON.stringify(document, withoutRedundantPattern).replaceAll('_Output"', '"');
  const renamed = JSON.parse(text) as OpenAPIObject;
  for (const path of Object.values(renamed.paths)) {
    for (const method of METHODS)
      if (path[method]) tidyOperation(path[method], method === 'get' ? BEFORE_ANY_OPERATION : BEFORE_A_CHANGE);
  }
  return renamed;
}

/** The format says it already, and generated clients would check every answer against the pattern. */
function withoutRedundantPattern(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('format' in value)) return value;
  return ['uuid', 'date-time'].includes(String(value.format)) ? { ...value, pattern: undefined } : value;
}

function tidyOperation(operation: Operation, refusals: Record<string, string>): void {
  if (operation.description === '') delete operation.description;
  for (const [status, description] of Object.entries(refusals)) {
    operation.responses[status] = { description, content: errorContent };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.description ||= STATUS_CODES[status] ?? '';
    if (status === '201') response.headers = { Location: { description: 'Where it is', schema: { type: 'string' } } };
  }
}

const errorContent = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
