import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getWaveformOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Waveform } from '../../../.generated/types.gen';
import { formatFigure, UNITS } from '../../lib/figures';
import { formatCount } from '../../lib/format';
import { timesOf } from '../../lib/series';
import { Choices } from '../../parts/choices';
import { ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { AxesChoice, chosenAxes } from './axes-choice';
import { AxisCharts } from './axis-charts';
import type { ReadingPart } from './reading-part';
import styles from './reading.module.css';

/** Values of an axis: more than a screen is wide, and, of a part, as many as a browser draws without delay. */
const POINTS = { all: 8192, part: 200_000 };

const UNIT_OPTIONS = [
  ['g', 'g'],
  ['m_s2', 'm/s²'],
] as const;

/** The samples, axis by axis, all on one scale. */
export function WaveformPanel(part: ReadingPart) {
  const { reading, search, onSearch } = part;
  const { unit = 'g', from, to } = search;
  const isPart = from !== undefined || to !== undefined;
  const { data, error, refetch } = useQuery({
    ...getWaveformOptions({ path: { id: reading.id }, query: { unit, points: isPart ? POINTS.part : POINTS.all } }),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const beside = (
    <>
      <AxesChoice {...part} />
      <Choices
        label="Unit of the waveform"
        options={UNIT_OPTIONS}
        chosen={[unit]}
        onChoose={(next) => onSearch({ unit: next === 'g' ? undefined : next })}
      />
    </>
  );
  return (
    <Panel title="Waveform" beside={beside}>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading lines={8} />}
      {data && <Charts waveform={data} {...part} />}
    </Panel>
  );
}

type ChartsProps = ReadingPart & { readonly waveform: Waveform };

function Charts({ waveform, ...part }: ChartsProps) {
  const { search, vibration, onSearch } = part;
  const { axes, sample_rate_hz: rate, samples_per_bucket: bucket } = waveform;
  const [placeUnit, end] = rate === null ? ['samples', vibration.samples] : ['ms', (vibration.samples / rate) * 1000];
  const places = useMemo(() => {
    const count = Math.max(...Object.values(axes).map(({ length }) => length));
    return timesOf(count, rate, bucket);
  }, [axes, rate, bucket]);
  return (
    <div className={styles.charts}>
      <AxisCharts
        name="Waveform"
        axes={chosenAxes(part)}
        places={places}
        placeUnit={placeUnit}
        values={axes}
        unit={UNITS[waveform.unit]}
        from={search.from}
        to={search.to}
        end={end}
        isSigned
        onZoom={(from, to) => onSearch({ from, to })}
      />
      <p className={styles.note}>
        {formatCount(vibration.samples)} samples of an axis
        {rate === null ? ', at an unknown rate' : ` at ${formatCount(rate)} Hz, ${formatFigure(end)} ms`}
        {bucket !== null && `; least and greatest of each ${formatCount(bucket)} samples are drawn`}
        {waveform.rounded && '; rounded to single precision'}.
      </p>
    </div>
  );
}
