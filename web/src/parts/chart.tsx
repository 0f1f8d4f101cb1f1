import { lazy, Suspense, useId, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import styles from './chart.module.css';

const Plot = lazy(() => import('./plot'));

export interface ChartLine {
  readonly label: string;
  /** Its colour and dashes: those of an axis of the sensor, or of a value that has none. */
  readonly tone: 'x' | 'y' | 'z' | 'value';
  /** Without dashes, where no other line is near. */
  readonly isPlain?: boolean;
}

export interface PlotProps {
  /** Places first, ascending: seconds since 1970, or numbers. Then the values of each line; with a band, its least and greatest last. */
  readonly data: readonly (readonly (number | null)[])[];
  readonly lines: readonly ChartLine[];
  readonly x: { readonly kind: 'time'; readonly zone: string } | { readonly kind: 'number'; readonly unit: string };
  readonly unit: string;
  /** The places at both ends. */
  readonly shown: readonly [from: number, to: number];
  readonly height: number;
  /** How far the values reach from zero; without it, the scale follows the data. */
  readonly reach?: number | undefined;
  /** With `reach`: below zero, too. */
  readonly isSigned?: boolean;
  /** Whether the least and the greatest values are drawn as a band behind the line. */
  readonly band?: boolean;
  /** Values at lower places are uncertain, and have a grey ground. */
  readonly uncertainBelow?: number | undefined;
  /** Called with a part that was marked with the mouse; null, by a double click: show everything. */
  readonly onZoom?: ((range: readonly [from: number, to: number] | null) => void) | undefined;
  /** How a place is written under the cursor. */
  readonly nameOfX?: ((place: number) => string) | undefined;
  /** Where what is under the cursor is written. */
  readonly readout: RefObject<HTMLElement | null>;
}

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
