import { useMemo } from 'react';
import type { EnvelopeSpectrum, Spectrum } from '../../../.generated/types.gen';
import { ApiError } from '../../lib/api-error';
import { formatFigure, UNITS } from '../../lib/figures';
import { formatCount } from '../../lib/format';
import { Choices, Select } from '../../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { AxesChoice, chosenAxes } from './axes-choice';
import { AxisCharts } from './axis-charts';
import { Peaks } from './peaks';
import { RangeField } from './range-fields';
import type { ReadingPart } from './reading-part';
import { QUANTITY_UNITS } from './reading-search';
import type { Quantity, SpectrumUnit } from './reading-search';
import { defaultBand, spectrumChoice, useSpectrum } from './spectrum-query';
import styles from './reading.module.css';

const QUANTITY_OPTIONS: readonly (readonly [Quantity, string])[] = [
  ['acceleration', 'Acceleration'],
  ['velocity', 'Velocity'],
  ['displacement', 'Displacement'],
  ['envelope', 'Envelope'],
];
const WINDOW_OPTIONS = [
  ['hann', 'Hann'],
  ['flattop', 'Flat top'],
  ['none', 'None'],
] as const;
const SCALE_OPTIONS = [
  ['peak', 'Peak'],
  ['rms', 'RMS'],
  ['peak_to_peak', 'Peak to peak'],
] as const;

/** The amplitudes of the frequencies, axis by axis, all on one scale. */
export function SpectrumPanel(part: ReadingPart) {
  const { data, error, refetch } = useSpectrum(part);
  const hasNoRate = error instanceof ApiError && error.code === 'SAMPLE_RATE_UNKNOWN';
  return (
    <Panel title="Spectrum" beside={<AxesChoice {...part} />}>
      {hasNoRate && (
        <EmptyState title="The sample rate is unknown, so there are no frequencies.">
          State it in the settings of the sensor.
        </EmptyState>
      )}
      {!hasNoRate && (
        <div className={styles.charts}>
          <Controls {...part} />
          {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
          {!data && !error && <Loading lines={8} />}
          {data && !error && <Charts spectrum={data} {...part} />}
        </div>
      )}
    </Panel>
  );
}

function Controls(part: ReadingPart) {
  const { search, onSearch } = part;
  const { quantity, unit, window, scale } = spectrumChoice(search);
  return (
    <div className={styles.controls}>
      <Choices
        label="Quantity"
        options={QUANTITY_OPTIONS}
        chosen={[quantity]}
        onChoose={(next) => onSearch({ quantity: next, spectrum_unit: undefined, fmin: undefined, fmax: undefined })}
      />
      <Choices<SpectrumUnit>
        label="Unit of the spectrum"
        options={QUANTITY_UNITS[quantity].map((each) => [each, UNITS[each]] as const)}
        chosen={[unit]}
        onChoose={(next) => onSearch({ spectrum_unit: next })}
      />
      <Select label="Amplitude" options={SCALE_OPTIONS} chosen={scale} onChoose={(next) => onSearch({ scale: next })} />
      <Select label="Window" options={WINDOW_OPTIONS} chosen={window} onChoose={(next) => onSearch({ window: next })} />
      {quantity === 'envelope' && <Band {...part} />}
    </div>
  );
}

/** Where impacts make the machine ring: a resonance. */
function Band({ vibration, search: { low, high }, onSearch }: ReadingPart) {
  const [lowest, highest] = defaultBand(vibration);
  return (
    <div className={styles.range}>
      Band
      <RangeField
        label="Band from, in Hz"
        value={low}
        placeholder={formatFigure(lowest)}
        onCommit={(value) => onSearch({ low: value })}
      />
      <span aria-hidden="true">–</span>
      <RangeField
        label="Band to, in Hz"
        value={high}
        placeholder={formatFigure(highest)}
        onCommit={(value) => onSearch({ high: value })}
      />
      Hz
    </div>
  );
}

type ChartsProps = ReadingPart & { readonly spectrum: Spectrum | EnvelopeSpectrum };

function Charts({ spectrum, ...part }: ChartsProps) {
  const { search, onSearch } = part;
  const { from_hz: first, df_hz: step, lines, valid_from_hz: validFrom } = spectrum;
  const axes = chosenAxes(part);
  const end = first + (lines - 1) * step;
  const places = useMemo(() => Array.from({ length: lines }, (_, index) => first + index * step), [lines, first, step]);
  return (
    <>
      <AxisCharts
        name="Spectrum"
        axes={axes}
        places={places}
        placeUnit="Hz"
        values={spectrum.axes}
        unit={UNITS[spectrum.unit]}
        from={search.fmin}
        to={search.fmax}
        end={end}
        uncertainBelow={validFrom}
        onZoom={(fmin, fmax) => onSearch({ fmin, fmax })}
      />
      <p className={styles.note}>
        {formatCount(lines)} lines, {formatFigure(step)} Hz apart. Below {formatFigure(validFrom)} Hz, on grey ground,
        amplitudes are uncertain: the record holds less than eight periods.
        {spectrum.rate_source === 'assumed' &&
          ' The sample rate was not known when it was stored; the present one is used.'}
        {'band' in spectrum &&
          ` It is the spectrum of the envelope of ${formatFigure(spectrum.band.low_hz)} to ${formatFigure(spectrum.band.high_hz)} Hz: lines are rates of impacts.`}
      </p>
      <Peaks spectrum={spectrum} axes={axes} shown={[search.fmin ?? 0, search.fmax ?? end]} />
    </>
  );
}
