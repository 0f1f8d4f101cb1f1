import { z } from 'zod';
import { id, isStorableText } from './fields';
import type { ListPosition } from '../../common/page';

const MAX_COUNT = 2_147_483_647;

/** The position at which paging through a list continues. */
export interface Cursor {
  /** The last row of the page before. */
  readonly last: ListPosition;
  /** Length of the list when paging began. */
  readonly total: number;
  /** Number of rows before the next page. */
  readonly offset: number;
}

/** Identifies the list that a cursor belongs to: its name, its sort and its filters. */
export type ListIdentity = readonly (string | undefined)[];

const count = z.int().min(0).max(MAX_COUNT);
const content = z.tuple([z.array(z.string().nullable()), z.string().max(255).refine(isStorableText), id, count, count]);

/** Writes a cursor as opaque text, safe in a URL. */
export function encodeCursor(list: ListIdentity, { last, total, offset }: Cursor): string {
  return Buffer.from(JSON.stringify([list, last.key, last.id, total, offset])).toString('base64url');
}

/** Reads a cursor; null if the text is not a cursor of this list. */
export function decodeCursor(list: ListIdentity, text: string): Cursor | null {
  const parsed = content.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
  if (!parsed.success) return null;
  const [, key, lastId, total, offset] = parsed.data;
  const cursor = { last: { key, id: lastId }, total, offset };
  return encodeCursor(list, cursor) === text ? cursor : null; // This compares the list too.
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
