import { refusalOf } from './callers';
import type { Caller } from './callers';
import type { Answer } from './client';
import type { DeclaredAnswer, Operation, Schema } from './document';
import type { FuzzRequest } from './requests';
import { SECRET } from './secrets';
import { problemOf } from './validators';

/** A request as declared may fail by what is stored, never by its form. */
const REFUSALS_OF_FORM = new Set([400, 413, 414, 415, 421, 431]);

/** Limits that so many requests at once do reach. */
const BUSY = new Set(['TOO_MANY_TESTS', 'TOO_MANY_STREAMS']);

/** Codes that every operation may answer to a request that is not valid HTTP, or whose path is that of no route. */
const BEFORE_ANY_OPERATION: Readonly<Record<number, string>> = { 400: 'BAD_REQUEST', 404: 'NOT_FOUND' };

/**
 * What is wrong with the answer to a request; empty if nothing is.
 * @param foreign ids that the caller cannot see
 */
export function judge(
  request: FuzzRequest,
  operation: Operation,
  answer: Answer,
  caller: Caller,
  foreign: readonly string[] = [],
): string[] {
  const { status } = answer;
  const problems = hasSecret(operation, answer) ? ['the answer contains a secret'] : [];
  if (status >= 500 && !BUSY.has(codeOf(answer) ?? ''))
    return [...problems, `the status is ${status}: ${answer.text.slice(0, 300)}`];
  const declared = operation.answers.get(status);
  const early = BEFORE_ANY_OPERATION[status];
  const isEarly = request.kind === 'wild' && early !== undefined && codeOf(answer) === early;
  if (!declared && !isEarly) return [...problems, `the status ${status} is not declared: ${answer.text.slice(0, 300)}`];
  if (declared && !isEarly) problems.push(...bodyProblems(declared, answer));
  return [
    ...problems,
    ...(isEarly ? [] : refusalProblems(operation, caller, request, answer)),
    ...formProblems(request, answer),
    ...reachProblems(answer, foreign),
  ];
}

/** Only the response that makes a key shows it, in `secret`. */
function hasSecret({ answers }: Operation, { status, headers, text }: Answer): boolean {
  const isKey = answers.get(status)?.schema?.properties?.['secret'] !== undefined;
  const shown = isKey ? JSON.stringify({ ...(parsed(text) as object), secret: '' }) : text;
  return SECRET.test(shown) || SECRET.test(JSON.stringify(headers));
}

function bodyProblems({ mediaType, otherTypes, schema, codes }: DeclaredAnswer, answer: Answer): string[] {
  const { status, headers, text } = answer;
  const type = headers['content-type']?.split(';')[0] ?? null;
  if (schema === null) return text === '' ? [] : [`a ${status} has a body`];
  if (type !== null && otherTypes.includes(type)) return [];
  if (type !== mediaType) return [`the content type is ${type}, not ${mediaType}`];
  if (mediaType === 'text/event-stream') return streamProblems(schema, text);
  if (mediaType === 'image/svg+xml')
    return text.startsWith('<?xml') ? [] : [`the body is no SVG: ${text.slice(0, 300)}`];
  const body = parsed(text);
  if (body === undefined) return [`the body is not JSON: ${text.slice(0, 300)}`];
  const problem = problemOf(schema, body);
  if (problem !== null) return [`the body does not match its schema: ${problem}`];
  if (status < 400) return [];
  const { code, statusCode } = (body as { error: { code: string; statusCode: number } }).error;
  if (statusCode !== status) return [`a ${status} says it is a ${statusCode}`];
  return codes.includes(code) ? [] : [`the code ${code} of a ${status} is not declared`];
}

/** Checks the data of the events of a stream, apart from those that say where it begins: see `src/stream/stream-text.ts`. */
function streamProblems(schema: Schema, text: string): string[] {
  return [...text.matchAll(/^event: (?:state|reading)\nid: .*\ndata: (.*)\n\n/gm)].flatMap(([, data = '']) => {
    const problem = problemOf(schema, parsed(data));
    return problem === null ? [] : [`an event does not match its schema: ${problem}`];
  });
}

/** 401 and 403 come exactly if the caller lacks the scope. Other guards come earlier and may refuse a wild request. */
function refusalProblems(operation: Operation, caller: Caller, request: FuzzRequest, answer: Answer): string[] {
  const { kind } = request;
  const { status } = answer;
  const expected = refusalOf(operation, caller);
  const isByOrigin = kind === 'wild' && codeOf(answer) === 'CROSS_SITE_REQUEST';
  if (expected === null) {
    return (status === 401 || status === 403) &&
      !isByOrigin &&
      !isTestWithChanges(operation, caller, request) &&
      !isSignInRefused(operation, request, answer)
      ? [`${caller.name} may do this, and gets a ${status}`]
      : [];
  }
  if (status === expected || (kind === 'wild' && REFUSALS_OF_FORM.has(status)) || isByOrigin) return [];
  return [`${caller.name} may not do this, and gets a ${status} in place of a ${expected}`];
}

/** A refusal may repeat an id of the request, also one within an answer about many, and so may the record of one. */
function reachProblems({ status, text }: Answer, foreign: readonly string[]): string[] {
  if (status >= 300) return [];
  const shown = text.replace(/"request":\[null,"[^"]*"\]|\{"id":"[^"]*","code":"[A-Z_]+"\}/g, '');
  return foreign.filter((id) => shown.includes(id)).map((id) => `the answer contains ${id} of another organization`);
}

/** A test with changes needs the scope of a change, too. */
function isTestWithChanges({ id }: Operation, { scopes }: Caller, { body }: FuzzRequest): boolean {
  return id === 'testGateway' && body !== null && scopes?.has('gateways:write') === false;
}

/** A key that is not valid is no matter of form. */
function isSignInRefused({ id }: Operation, { kind }: FuzzRequest, { status }: Answer): boolean {
  return id === 'createSession' && kind !== 'valid' && status === 401;
}

function formProblems({ kind, caller }: FuzzRequest, { status, text }: Answer): string[] {
  if (kind === 'valid' && REFUSALS_OF_FORM.has(status)) {
    return [`the request of ${caller} is as declared, and gets a ${status}: ${text.slice(0, 300)}`];
  }
  return kind === 'broken' && status < 400 ? [`the request breaks a declared rule, and gets a ${status}`] : [];
}

/** The error code of an answer; null if it has none. */
export function codeOf({ text }: Answer): string | null {
  return (parsed(text) as { error?: { code?: string } } | undefined)?.error?.code ?? null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
