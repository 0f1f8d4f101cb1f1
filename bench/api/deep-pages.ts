import { randomInt } from 'node:crypto';
import type { Figure } from '../figure';
import type { Size } from '../size';
import type { Load } from '../support/load-generator';
import type { ApiStage } from './api-stage';
import { measureLoads } from './measure-loads';
import type { Request } from './requests';

const VARIETY = 200;
const unit = 'requests/s';

/** Pages of a large table, one request at a time: what a page costs at its end, and what the same costs at its start. */
export async function measureDeepPages(stage: ApiStage, size: Size): Promise<Figure[]> {
  const { deepGateways } = size;
  await stage.refill(deepGateways);
  const { product, baseline } = stage.urls;
  const [first, last] = [pagesIn(0, deepGateways / 10), pagesIn(deepGateways * 0.9, deepGateways)];
  const load = (url: string, requests: readonly Request[]): Omit<Load, 'seconds'> => ({
    url,
    requests,
    connections: 1,
  });

  const among = `${deepGateways} gateways`;
  const deep = { id: 'api.deep-page', title: `last of ${among}, by offset`, unit };
  const depth = { id: 'api.deep-page-depth', title: `last against first of ${among}, by offset`, unit };
  return [
    await measureLoads(stage, deep, { product: load(product, last), baseline: load(baseline, last) }, size),
    await measureLoads(stage, depth, { product: load(product, last), baseline: load(product, first) }, size),
  ];
}

/** Pages that begin at random between two offsets. */
function pagesIn(from: number, to: number): Request[] {
  return Array.from({ length: VARIETY }, () => ({
    method: 'GET',
    path: `/api/gateways?limit=20&offset=${randomInt(from, to)}`,
  }));
}
