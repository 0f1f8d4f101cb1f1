import type { RefObject } from 'react';

/** A line of a chart. */
export interface ChartLine {
  readonly label: string;
  /** Its colour and dashes: those of an axis of the sensor, or of a value that has none. */
  readonly tone: 'x' | 'y' | 'z' | 'value';
  /** Without dashes, where no other line is near. */
  readonly isPlain?: boolean;
}

/** What a chart draws. */
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
