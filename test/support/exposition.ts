/** One line of metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its samples. */
export interface Metric {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;
const UNESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * Reads the text format of Prometheus (version 0.0.4).
 * @throws Error at a line that is not of the format, a sample without its metric, and a series that is there twice
 */
export function parseExposition(text: string): Map<string, Metric> {
  const metrics = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const series = new Set<string>();
  let help = '';
  let current = '';
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line end');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') help = rest;
    else if (keyword === 'TYPE') {
      if (metrics.has(name)) throw new Error(`${name} is there twice`);
      metrics.set((current = name), { type: rest, help, samples: [] });
    } else {
      const sample = readSample(line);
      const owner = metrics.get(current);
      if (!owner || !belongsTo(sample.name, current, owner.type)) throw new Error(`${line} is below ${current}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      if (series.has(key)) throw new Error(`${key} is there twice`);
      series.add(key);
      owner.samples.push(sample);
    }
  }
  return metrics;
}

/** The metric that a series in an expression belongs to. */
export function metricNameOf(series: string, metrics: ReadonlyMap<string, Metric>): string {
  return metrics.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '');
}

/** The labels of a metric, in order; without the bounds of buckets. */
export function labelsOf(metric: Metric | undefined): string[] {
  const names = metric?.samples.flatMap(({ labels }) => Object.keys(labels)) ?? [];
  return [...new Set(names)].filter((label) => label !== 'le').sort();
}

function belongsTo(name: string, metric: string, type: string): boolean {
  if (type === 'histogram') return [`${metric}_bucket`, `${metric}_sum`, `${metric}_count`].includes(name);
  return name === metric || (type === 'summary' && [`${metric}_sum`, `${metric}_count`].includes(name));
}

function readSample(line: string): Sample {
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  return { name, labels: readLabels(labels), value: value === '+Inf' ? Infinity : Number(value) };
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const [whole, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\[\\"n]/g, (escape) => UNESCAPED[escape] ?? escape);
    end += whole.length;
  }
  if (end !== text.length) throw new Error(`not labels: ${text}`);
  return labels;
}
