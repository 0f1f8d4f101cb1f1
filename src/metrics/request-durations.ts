import { Injectable } from '@nestjs/common';
import type { EndedRequest } from '../http/edge/request-log';
import { labelText } from './metric-text';
import type { MetricText } from './metric-text';

const NAME = 'gateway_hub_http_request_duration_seconds';

/** Upper bounds of the buckets, in seconds. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

/** Labels of routes are bounded, but a caller can send any method that Node knows to a path without a route. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** The requests of one route whose statuses begin with one digit. */
class RequestHistogram {
  private readonly buckets = new Float64Array(BOUNDS.length + 1);
  private sum = 0;

  constructor(private readonly labels: string) {}

  observe(seconds: number): void {
    let index = 0;
    while (seconds > (BOUNDS[index] ?? Infinity)) index += 1;
    this.buckets[index] = (this.buckets[index] ?? 0) + 1;
    this.sum += seconds;
  }

  write(text: MetricText): void {
    let count = 0;
    this.buckets.forEach((found, index) => {
      count += found;
      text.sample(`${NAME}_bucket`, `${this.labels},le="${BOUNDS[index] ?? '+Inf'}"`, count);
    });
    text.sample(`${NAME}_sum`, this.labels, this.sum);
    text.sample(`${NAME}_count`, this.labels, count);
  }
}

/**
 * How long requests take, by route. Own counts, because every request pays for them: those of prom-client take a microsecond for each
 * value with labels.
 */
@Injectable()
export class RequestDurations {
  private readonly histograms = new Map<string, RequestHistogram>();
  /** For each route, the histograms by the first digit of the status. */
  private readonly byRoute = new WeakMap<object, (RequestHistogram | undefined)[]>();

  readonly note = ({ route, method, status, ms }: EndedRequest): void => {
    const digit = Math.floor(status / 100);
    if (typeof route.method === 'string') {
      let ofRoute = this.byRoute.get(route);
      if (!ofRoute) this.byRoute.set(route, (ofRoute = []));
      const histogram = (ofRoute[digit] ??= this.find(method, route.url, digit));
      histogram.observe(ms / 1000);
    } else this.find(method, route.url, digit).observe(ms / 1000); // It has several methods, or there is no route.
  };

  write(text: MetricText): void {
    text.begin(NAME, 'histogram', 'How long requests took, streams included');
    for (const histogram of this.histograms.values()) histogram.write(text);
  }

  private find(method: string, route = 'none', digit: number): RequestHistogram {
    const labels = labelText({ method: METHODS.has(method) ? method : 'other', route, status: `${digit}xx` });
    const known = this.histograms.get(labels) ?? new RequestHistogram(labels);
    this.histograms.set(labels, known);
    return known;
  }
}
