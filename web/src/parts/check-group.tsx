import { useId } from 'react';
import styles from './check-group.module.css';
import { useProblem } from './form';

interface CheckGroupProps {
  /** As the API calls the list. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  /** Those that are ticked at first. */
  readonly chosen: readonly string[];
}

/** A field of a form that is a list of some of these values. */
export function CheckGroup({ name, label, hint, options, chosen }: CheckGroupProps) {
  const id = useId();
  const problem = useProblem(name);
  return (
    <fieldset
      className={styles.group}
      aria-describedby={`${id}-hint`}
      aria-invalid={problem === undefined ? undefined : true}
    >
      <legend>{label}</legend>
      <div className={styles.options}>
        {options.map(([value, words]) => (
          <label key={value}>
            <input type="checkbox" name={name} value={value} defaultChecked={chosen.includes(value)} /> {words}
          </label>
        ))}
      </div>
      <p id={`${id}-hint`} className={problem === undefined ? styles.hint : styles.problem}>
        {problem ?? hint}
      </p>
    </fieldset>
  );
}
