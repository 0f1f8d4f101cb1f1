import type { IncomingHttpHeaders } from 'node:http';
import type { Created } from '../../common/idempotency';
import type { IfMatch } from '../../common/precondition';

/** The part of the framework's reply that handlers need. */
export interface Reply {
  header(name: string, value: string): unknown;
}

/** Entity tags of a resource: its revision. The form is that of RFC 9110, section 8.8.3. */
const ETAG = /^"rev-(\d{1,9})"$/;

/** Sets the entity tag of a resource in the answer, and returns its row. */
export function answerRow<Row extends { readonly revision: number }>(reply: Reply, row: Row): Row {
  reply.header('etag', etagOf(row.revision));
  return row;
}

/** Sets the URL and the entity tag of a new resource (RFC 9110, section 15.3.2), and returns its row. */
export function answerCreated<Row extends { readonly id: string; readonly revision: number }>(
  reply: Reply,
  collection: string,
  { row, isReplay }: Created<Row>,
): Row {
  reply.header('location', `/api/${collection}/${row.id}`);
  if (isReplay) reply.header('idempotency-replayed', 'true');
  return answerRow(reply, row);
}

export function etagOf(revision: number): string {
  return `"rev-${revision}"`;
}

/**
 * Reads `If-Match` (RFC 9110, section 13.1.1): entity tags, separated by commas, or `*` for any. A tag that is not one of ours matches
 * nothing, so the request fails with 412 and not with 400.
 */
export function conditionOf({ 'if-match': given }: IncomingHttpHeaders): IfMatch {
  if (given === undefined || given.trim() === '*') return {};
  const revisions = given.split(',').map((tag) => ETAG.exec(tag.trim())?.[1]);
  return { ifMatch: revisions.flatMap((revision) => (revision === undefined ? [] : [Number(revision)])) };
}
