import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { metricNameOf, labelsOf } from './exposition';
import type { Metric } from './exposition';
import { namesIn } from './promql';
import type { Used } from './promql';

/** The files for Prometheus and Grafana. */
export const DEPLOY = resolve(__dirname, '../../deploy');

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** All alerts. */
export async function alertRules(): Promise<Rule[]> {
  const text = await readFile(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8');
  return (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

export interface Dashboard {
  readonly id: null;
  readonly templating: { list: { name: string; type: string; query: string | { query: string } }[] };
  readonly panels: {
    readonly type: string;
    readonly datasource?: { uid: string };
    readonly targets?: { expr: string; legendFormat: string; datasource: { uid: string } }[];
  }[];
}

export async function dashboard(): Promise<Dashboard> {
  return JSON.parse(await readFile(join(DEPLOY, 'grafana/gateway-hub.json'), 'utf8')) as Dashboard;
}

/** An expression, and a text that is shown with its result. */
export type Shown = readonly [expr: string, text: string];

/** Labels that Prometheus adds, and those of buckets. */
const ADDED = ['job', 'instance', 'le'];

/** What an expression and its text name and the service does not have. */
export function unknownNames([expr, text]: Shown, metrics: ReadonlyMap<string, Metric>): string[] {
  const { used, shown } = namesIn(expr, text);
  const known = new Set(used.flatMap(({ name }) => labelsOf(metrics.get(metricNameOf(name, metrics)))));
  const unknown = shown.filter((label) => !known.has(label) && !ADDED.includes(label));
  return [...used.flatMap((each) => missing(each, metrics)), ...unknown.map((label) => `${label} in ${expr}`)];
}

function missing({ name, labels, values }: Used, metrics: ReadonlyMap<string, Metric>): string[] {
  if (name === 'up') return [];
  const owner = metrics.get(metricNameOf(name, metrics));
  if (!owner || owner.samples.length === 0) return [name];
  const known = [...labelsOf(owner), ...ADDED];
  const unknown = labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`);
  const absent = Object.entries(values).filter(
    ([label, value]) => label !== 'job' && !owner.samples.some(({ labels: each }) => each[label] === value),
  );
  return [...unknown, ...absent.map(([label, value]) => `${name}{${label}="${value}"}`)];
}

/**
 * Whether Prometheus is installed, which has promtool. Says so if it is not.
 * @throws Error if it is not, in CI
 */
export async function hasPrometheus(): Promise<boolean> {
  try {
    for (const program of ['promtool', 'prometheus']) await promisify(execFile)(program, ['--version']);
    return true;
  } catch {
    const line = 'promtool was not found: it is in the Debian package `prometheus`';
    if (process.env['CI'] === 'true') throw new Error(line);
    process.stderr.write(`Skipped a test: ${line}\n`);
    return false;
  }
}
