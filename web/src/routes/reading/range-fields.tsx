import { useState } from 'react';
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
  return (
    <div className={styles.range}>
      <RangeField
        label={`${name} from, in ${unit}`}
        value={from}
        placeholder="0"
        onCommit={(value) => onChange(value, to)}
      />
      <span aria-hidden="true">–</span>
      <RangeField
        label={`${name} to, in ${unit}`}
        value={to}
        placeholder={formatFigure(end)}
        onCommit={(value) => onChange(from, value)}
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
  /** What an empty field stands for. */
  readonly placeholder: string;
  /** Called with Enter, or when the field is left. */
  readonly onCommit: (value: number | undefined) => void;
}

/** One end of a range, in a field. */
export function RangeField({ label, value, placeholder, onCommit }: RangeFieldProps) {
  const given = value === undefined ? '' : String(Number(value.toPrecision(5)));
  const [written, setWritten] = useState({ text: given, of: given });
  // A part was marked with the mouse meanwhile, or the address has changed by other means.
  const text = written.of === given ? written.text : given;
  const commit = (): void => {
    if (text !== given) onCommit(amountOf(text));
  };
  return (
    <input
      aria-label={label}
      inputMode="decimal"
      size={7}
      value={text}
      placeholder={placeholder}
      onChange={({ target }) => setWritten({ text: target.value, of: given })}
      onBlur={commit}
      onKeyDown={({ key }) => {
        if (key === 'Enter') commit();
      }}
    />
  );
}

/** What is no number, or negative, is no limit. */
function amountOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) || value < 0 ? undefined : value;
}
