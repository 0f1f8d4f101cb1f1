import { randomInt } from 'node:crypto';
import type { Figure } from '../figure';
import type { Size } from '../size';
import type { Load } from '../support/load-generator';
import type { Round } from '../support/rounds';
import type { ApiStage } from './api-stage';
import { measureLoads } from './measure-loads';
import type { Request } from './requests';

const VARIETY = 200;
const unit = 'requests/s';

/** Measures pages of a large table, one request at a time: its last pages on both sides, and its last against its first pages. */
export async function measureDeepPages(stage: ApiStage, size: Size): Promise<Figure[]> {
  const count = size.deepGateways;
  await stage.refill(count);
  const { product, baseline } = stage.urls;
  const offsets = startAndEnd(Array.from({ length: count }, (_, offset) => `offset=${offset}`));
  const ours = startAndEnd(await walk(product, count));
  const theirs = startAndEnd(await walk(baseline, count));
  const load = (url: string, pages: readonly string[]): Omit<Load, 'seconds'> => ({
    ...{ url, connections: 1 },
    requests: Array.from({ length: VARIETY }, () => pageAt(pages[randomInt(pages.length)] ?? '')),
  });
  const measure = (id: string, title: string, loads: Round<Omit<Load, 'seconds'>>): Promise<Figure> =>
    measureLoads(stage.loads, { id: `api.${id}`, title: `${title} of ${count} gateways`, unit }, loads, size);

  return [
    await measure('deep-page', 'by offset, last pages', {
      product: load(product, offsets.end),
      baseline: load(baseline, offsets.end),
    }),
    await measure('deep-page-depth', 'by offset, last against first pages', {
      product: load(product, offsets.end),
      baseline: load(product, offsets.start),
    }),
    await measure('cursor-page', 'by cursor, last pages', {
      product: load(product, ours.end),
      baseline: load(baseline, theirs.end),
    }),
    await measure('cursor-page-depth', 'by cursor, last against first pages', {
      product: load(product, ours.end),
      baseline: load(product, ours.start),
    }),
  ];
}

/** The first and the last tenth. */
function startAndEnd(pages: readonly string[]): { start: readonly string[]; end: readonly string[] } {
  const tenth = Math.ceil(pages.length / 10);
  return { start: pages.slice(0, tenth), end: pages.slice(-tenth) };
}

function pageAt(place: string): Request {
  return { method: 'GET', path: `/api/gateways?limit=20&${place}` };
}

interface GatewayPage {
  readonly data: readonly { readonly id: string }[];
  readonly pagination: { readonly next_cursor: string | null };
}

/** Walks through all gateways by cursor. Returns the cursor of every page but the first. @throws Error if it missed some */
async function walk(url: string, count: number): Promise<string[]> {
  const ids = new Set<string>();
  const cursors: string[] = [];
  for (let place = ''; ;) {
    const { data, pagination } = (await (await fetch(`${url}/api/gateways?limit=100${place}`)).json()) as GatewayPage;
    for (const { id } of data) ids.add(id);
    if (pagination.next_cursor === null) break;
    cursors.push(`cursor=${pagination.next_cursor}`);
    place = `&cursor=${pagination.next_cursor}`;
  }
  if (ids.size !== count) throw new Error(`a walk by cursor on ${url} found ${ids.size} of ${count} gateways`);
  return cursors;
}
