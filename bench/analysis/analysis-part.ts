import { measureLoads } from '../api/measure-loads';
import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { AnalysisStage } from './analysis-stage';
import type { Stored } from './analysis-stage';
import { YEAR } from './records';
import { requireSameFigures } from './same-answers';

const CONNECTIONS = 8;

const year = `from=${new Date(YEAR.from).toISOString()}&to=${new Date(YEAR.to).toISOString()}`;
const spectra = ({ readingIds }: Stored, query: string) =>
  readingIds.map((id) => `/api/readings/${id}/spectrum${query}`);

/** What is read. Each is one figure. */
const KINDS: readonly {
  readonly id: string;
  readonly title: string;
  readonly pathsOf: (stored: Stored) => string[];
}[] = [
  { id: 'spectrum', title: 'spectrum of an axis of 4,096 samples', pathsOf: (stored) => spectra(stored, '?axis=x') },
  { id: 'spectra', title: 'spectra of three axes', pathsOf: (stored) => spectra(stored, '') },
  {
    id: 'trend',
    title: 'trend of a year of hourly temperatures, by day',
    pathsOf: ({ sensorId }) => [`/api/sensors/${sensorId}/trend?metric=temperature&bucket=1d&${year}`],
  },
];

/** Measures how fast spectra and trends are read. */
export async function analysisPart(bench: Bench): Promise<Figure[]> {
  const { loads, stored, urls } = await AnalysisStage.start(bench);
  const figures: Figure[] = [];
  for (const { id, title, pathsOf } of KINDS) {
    const paths = pathsOf(stored);
    for (const path of paths) await requireSameFigures(urls, path);
    const requests = paths.map((path) => ({ method: 'GET' as const, path }));
    const loadOf = (url: string) => ({ url, requests, connections: CONNECTIONS });
    const both = { product: loadOf(urls.product), baseline: loadOf(urls.baseline) };
    figures.push(await measureLoads(loads, { id: `analysis.${id}`, title, unit: 'requests/s' }, both, bench.size));
  }
  return figures;
}
