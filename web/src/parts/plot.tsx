import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useScheme } from '../lib/scheme';
import type { PlotProps } from './plot-props';
import { plotOptions } from './plot-options';
import styles from './chart.module.css';

/** The canvas of a chart. It is a file of its own, so that uPlot is loaded only when a chart is shown. */
export default function Plot(props: PlotProps) {
  const { data, lines, x, unit, shown, reach, onZoom, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  const scheme = useScheme();
  // What the plot is made for; everything else it reads when it draws.
  const made = JSON.stringify([lines, x, unit, height, onZoom !== undefined, props.band, props.uncertainBelow, scheme]);

  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const present = (): PlotProps => latest.current;
    const write = (text: string): void => {
      const { current } = present().readout;
      if (current) current.textContent = text;
    };
    const options = plotOptions({ element, present, write });
    const chart = new uPlot(options, present().data as unknown as uPlot.AlignedData, element);
    plot.current = chart;
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: present().height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [made]);

  useEffect(() => {
    plot.current?.setData(data as unknown as uPlot.AlignedData);
  }, [data, shown, reach]);

  return <div ref={box} className={styles.box} />;
}
