import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { ApiStage } from './api-stage';
import { measureDeepPages } from './deep-pages';
import { measureLoads } from './measure-loads';
import { REQUEST_KINDS } from './requests';
import { requireSameAnswers } from './same-answers';

const CONNECTIONS = 32;

/** Measures requests per second, one kind after the other. */
export async function apiPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const stage = await ApiStage.start(bench);
  await requireSameAnswers(stage.urls, stage.rows);

  const figures: Figure[] = [];
  for (const { id: kind, title } of REQUEST_KINDS) {
    const requests = { kind, rows: stage.rows };
    const loadOf = (url: string) => ({ url, requests, connections: CONNECTIONS });
    const loads = { product: loadOf(stage.urls.product), baseline: loadOf(stage.urls.baseline) };
    figures.push(await measureLoads(stage.loads, { id: `api.${kind}`, title, unit: 'requests/s' }, loads, size));
  }
  return [...figures, ...(await measureDeepPages(stage, size))];
}
