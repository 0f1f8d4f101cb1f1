import { formatFigure } from '../../lib/figures';
import { Button } from '../../parts/button';
import styles from './reading.module.css';

interface RangeFieldsProps {
  /** What is cut: `Waveform`. */
  readonly name: string;
  readonly unit: string;
  /** What is drawn now; undefined: from the beginning, to the end. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly end: number;
  readonly onChange: (from: number | undefined, to: number | undefined) => void;
}

/** The part that is drawn, in numbers: zooming without a mouse. */
export function RangeFields({ name, unit, from, to, end, onChange }: RangeFieldsProps) {
  const isZoomed = from !== undefined || to !== undefined;
  const read = (text: string): number | undefined => {
    const value = Number(text);
    return text.trim() === '' || !Number.isFinite(value) || value < 0 ? undefined : value;
  };
  return (
    <div className={styles.range} key={`${from} ${to}`}>
      <RangeField
        label={`${name} from, in ${unit}`}
        value={from}
        placeholder="0"
        onCommit={(text) => onChange(read(text), to)}
      />
      <span aria-hidden="true">–</span>
      <RangeField
        label={`${name} to, in ${unit}`}
        value={to}
        placeholder={formatFigure(end)}
        onCommit={(text) => onChange(from, read(text))}
      />
      <span>{unit}</span>
      {isZoomed ? (
        <Button onClick={() => onChange(undefined, undefined)}>Show all</Button>
      ) : (
        <span className={styles.hint}>Mark a part to zoom in.</span>
      )}
    </div>
  );
}

interface RangeFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly placeholder: string;
  readonly onCommit: (text: string) => void;
}

function RangeField({ label, value, placeholder, onCommit }: RangeFieldProps) {
  const shown = value === undefined ? '' : String(Number(value.toPrecision(5)));
  const commit = (text: string): void => {
    if (text !== shown) onCommit(text);
  };
  return (
    <input
      aria-label={label}
      inputMode="decimal"
      size={7}
      defaultValue={shown}
      placeholder={placeholder}
      onBlur={({ target }) => commit(target.value)}
      onKeyDown={({ key, currentTarget }) => {
        if (key === 'Enter') commit(currentTarget.value);
      }}
    />
  );
}
