import { lazy, Suspense, useId, useRef } from 'react';
import type { ReactNode } from 'react';
import styles from './chart.module.css';
import type { PlotProps } from './plot-props';

const Plot = lazy(() => import('./plot'));

interface ChartProps extends Omit<PlotProps, 'readout'> {
  readonly title: ReactNode;
  /** What the chart shows, in words: for people who do not see it. */
  readonly summary: string;
}

/** A chart with its title and, if there are several lines, what each of them is. */
export function Chart({ title, summary, ...plot }: ChartProps) {
  const id = useId();
  const readout = useRef<HTMLSpanElement>(null);
  return (
    <figure className={styles.chart} aria-labelledby={id}>
      <figcaption id={id} className={styles.caption}>
        <span className={styles.title}>{title}</span>
        <span ref={readout} className={styles.readout} aria-hidden="true" />
        {plot.lines.length > 1 && (
          <span className={styles.legend}>
            {plot.lines.map(({ label, tone }) => (
              <span key={label} className={styles.entry} data-line={tone}>
                <svg width="22" height="6" aria-hidden="true">
                  <path d="M0 3h22" stroke="currentColor" strokeWidth="2" />
                </svg>
                {label}
              </span>
            ))}
          </span>
        )}
        <span className="visually-hidden">{summary}</span>
      </figcaption>
      <Suspense fallback={<div style={{ height: plot.height }} />}>
        <Plot {...plot} readout={readout} />
      </Suspense>
    </figure>
  );
}
