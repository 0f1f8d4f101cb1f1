/** Labels of a series as text, such as `factory_id="5eed…",state="connected"`. */
export type LabelText = string;

type MetricType = 'gauge' | 'counter';

/**
 * Writes metrics in the text format of Prometheus (version 0.0.4). For series that are read at each scrape: prom-client sorts, checks and
 * hashes the labels of every value that is set, which takes several times as long.
 */
export class MetricText {
  private text = '';

  /** Begins a metric: its samples follow. @param help without backslashes and line ends */
  begin(name: string, type: MetricType | 'histogram', help: string): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  sample(name: string, labels: LabelText, value: number): void {
    this.text += labels === '' ? `${name} ${valueText(value)}\n` : `${name}{${labels}} ${valueText(value)}\n`;
  }

  /** A metric with one sample, and none if there is no value now. */
  one(name: string, type: MetricType, help: string, value: number | null): void {
    this.begin(name, type, help);
    if (value !== null) this.sample(name, '', value);
  }

  /** A metric with a sample for each value of one label. */
  each(name: string, type: MetricType, help: string, label: string, values: Iterable<readonly [string, number]>): void {
    this.begin(name, type, help);
    for (const [value, count] of values) this.sample(name, labelText({ [label]: value }), count);
  }

  toString(): string {
    return this.text;
  }
}

export function labelText(labels: Readonly<Record<string, string>>): LabelText {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join();
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character);
}

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
