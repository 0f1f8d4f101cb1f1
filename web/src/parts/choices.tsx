import styles from './choices.module.css';

interface ChoicesProps<Value extends string> {
  /** What is chosen, for screen readers. */
  readonly label: string;
  readonly options: readonly (readonly [value: Value, label: string])[];
  readonly chosen: readonly Value[];
  readonly onChoose: (value: Value) => void;
}

/** A few options beside each other, one or several of which are chosen. */
export function Choices<Value extends string>({ label, options, chosen, onChoose }: ChoicesProps<Value>) {
  return (
    <div className={styles.choices} role="group" aria-label={label}>
      {options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          className={styles.choice}
          aria-pressed={chosen.includes(value)}
          onClick={() => onChoose(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

interface SelectProps<Value extends string> {
  readonly label: string;
  readonly options: readonly (readonly [value: Value, label: string])[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
}

/** One option of a list, with its label beside it. */
export function Select<Value extends string>({ label, options, chosen, onChoose }: SelectProps<Value>) {
  return (
    <label className={styles.select}>
      {label}
      <select value={chosen} onChange={({ target }) => onChoose(target.value as Value)}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
