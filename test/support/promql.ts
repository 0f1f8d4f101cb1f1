/** A metric in an expression, with the labels that it is matched by. */
export interface Used {
  readonly name: string;
  readonly labels: readonly string[];
  /** Labels that must have this very value. */
  readonly values: Readonly<Record<string, string>>;
}

const METRIC = /\b(up|(?:gateway_hub|process|nodejs)_[a-z0-9_]+)\b(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*["']([^"']*)["']/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const SHOWN = /\{\{\s*(\w+)\s*\}\}|\$labels\.(\w+)/g;

/**
 * What an expression of PromQL names, as far as this project writes them.
 * @param text shown with the result: a legend of Grafana or an annotation of an alert
 * @returns the metrics with the labels they are matched by, and the labels that are grouped by or shown
 */
export function namesIn(expr: string, text: string): { used: Used[]; shown: string[] } {
  const used = [...expr.matchAll(METRIC), ...text.matchAll(METRIC)].map(([, name = '', matchers = '']) => {
    const found = [...matchers.matchAll(MATCHER)];
    const exact = found.filter(([, , operator, value = '']) => operator === '=' && !/[$%]/.test(value));
    return {
      name,
      labels: found.map(([, label = '']) => label),
      values: Object.fromEntries(exact.map(([, label = '', , value = '']) => [label, value])),
    };
  });
  const grouped = [...expr.matchAll(GROUPING)].flatMap(([, list = '']) => list.split(/\s*,\s*/));
  const shown = [...text.matchAll(SHOWN)].map(([, legend, label]) => legend ?? label ?? '');
  return { used, shown: [...grouped, ...shown].filter((label) => label !== '' && label !== 'end') };
}
