import { generateKey } from '../../src/common/api-key-format';
import type { Caller } from './callers';
import type { Operation } from './document';
import { judge } from './judge';
import type { FuzzRequest, Kind } from './requests';
import { SECRET_MARK } from './secrets';

const operation: Operation = {
  id: 'getThing',
  method: 'GET',
  path: '/api/things',
  parameters: [],
  body: null,
  answers: new Map([
    [200, answerOf({ type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }, [])],
    [400, answerOf({}, ['VALIDATION_ERROR'])],
    [403, answerOf({}, ['FORBIDDEN'])],
    [503, answerOf({}, ['NOT_READY', 'TOO_MANY_TESTS'])],
  ]),
  scope: 'things:read',
};

const viewer: Caller = { name: 'viewer', headers: {}, scopes: new Set(['things:read']) };
const stranger: Caller = { name: 'stranger', headers: {}, scopes: null };
const other: Caller = { name: 'other', headers: {}, scopes: new Set(['others:read']) };

describe('accepts', () => {
  it.each<[string, Kind, number, unknown, Caller?]>([
    ['an answer as declared', 'valid', 200, { a: 1 }],
    ['a declared refusal of a broken request', 'broken', 400, refusal(400, 'VALIDATION_ERROR')],
    ['a refusal before any operation of a wild request', 'wild', 404, refusal(404, 'NOT_FOUND')],
    ['a limit that many requests reach', 'valid', 503, refusal(503, 'TOO_MANY_TESTS')],
    ['what the scope of the caller allows', 'valid', 200, { a: 1 }],
    ['a refusal of a caller who lacks the scope', 'valid', 403, refusal(403, 'FORBIDDEN'), other],
  ])('%s', (_, kind, status, body, caller = viewer) => {
    expect(problems(kind, status, body, caller)).toEqual([]);
  });
});

describe('refuses', () => {
  it.each<[string, Kind, number, unknown, string, Caller?]>([
    ['a 500', 'wild', 500, refusal(500, 'INTERNAL_ERROR'), 'the status is 500'],
    ['a 503 of a service that is ready', 'wild', 503, refusal(503, 'NOT_READY'), 'the status is 503'],
    ['an undeclared status', 'wild', 418, {}, 'the status 418 is not declared'],
    [
      'an unknown route for a request as declared',
      'valid',
      404,
      refusal(404, 'NOT_FOUND'),
      'the status 404 is not declared',
    ],
    ['a body of another shape', 'valid', 200, { a: 'x' }, 'does not match its schema'],
    ['an undeclared code', 'wild', 400, refusal(400, 'OTHER'), 'the code OTHER of a 400 is not declared'],
    ['an envelope with another status', 'wild', 400, refusal(422, 'VALIDATION_ERROR'), 'a 400 says it is a 422'],
    ['a refusal of a request as declared', 'valid', 400, refusal(400, 'VALIDATION_ERROR'), 'is as declared'],
    ['a success of a broken request', 'broken', 200, { a: 1 }, 'breaks a declared rule'],
    ['a password', 'valid', 200, { a: 1, b: `${SECRET_MARK}x` }, 'contains a secret'],
    ['an API key', 'valid', 200, { a: 1, b: generateKey() }, 'contains a secret'],
    ['a success of a caller who lacks the scope', 'valid', 200, { a: 1 }, 'in place of a 403', other],
    ['a success of an unknown caller', 'valid', 200, { a: 1 }, 'in place of a 401', stranger],
    ['a 403 for a caller with the scope', 'valid', 403, refusal(403, 'FORBIDDEN'), 'may do this'],
  ])('%s', (_, kind, status, body, problem, caller = viewer) => {
    expect(problems(kind, status, body, caller).join()).toContain(problem);
  });
});

it('refuses an id of another organization, except in a refusal, or in the record of one', () => {
  expect(problems('valid', 200, { a: 1, b: 'their-id' }, viewer, ['their-id'])).toHaveLength(1);
  const record = { a: 1, changes: { request: [null, 'PUT /api/things/their-id'] } };
  expect(problems('valid', 200, record, viewer, ['their-id'])).toEqual([]);
  const many = (refusal: object) => ({ a: 1, failed: [refusal] });
  expect(problems('valid', 200, many({ id: 'their-id', code: 'NOT_FOUND' }), viewer, ['their-id'])).toEqual([]);
  expect(problems('valid', 200, many({ id: 'their-id', name: 'theirs' }), viewer, ['their-id'])).toHaveLength(1);
});

function problems(kind: Kind, status: number, body: unknown, caller: Caller, foreign: string[] = []): string[] {
  const request: FuzzRequest = {
    ...{ operation: 'getThing', kind, caller: caller.name, target: '/api/things', headers: {} },
    ...{ body: null, encoding: 'utf8' },
  };
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return judge(request, operation, { status, headers, text: JSON.stringify(body) }, caller, foreign);
}

function refusal(statusCode: number, code: string): object {
  return { error: { code, message: '', statusCode } };
}

function answerOf(schema: object, codes: readonly string[]) {
  return { mediaType: 'application/json', otherTypes: ['text/csv'], schema, codes };
}
