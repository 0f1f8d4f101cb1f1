import { useEffect, useState } from 'react';
import { Icon } from './icon';
import styles from './search-box.module.css';

/** Long enough to write a word. */
const WAIT_MS = 250;

interface SearchBoxProps {
  readonly label: string;
  /** What is searched for now, as the address says. */
  readonly value: string;
  /** Called once nothing has been written for a moment. */
  readonly onChange: (value: string) => void;
}

/** A field for a text to search for. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const [written, setWritten] = useState({ text: value, of: value });
  // The address has changed by other means, such as Back.
  const text = written.of === value ? written.text : value;
  useEffect(() => {
    if (text.trim() === value) return undefined;
    const timer = setTimeout(() => onChange(text.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <span className={styles.search}>
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder="Name or serial"
        value={text}
        onChange={({ target }) => setWritten({ text: target.value, of: value })}
      />
    </span>
  );
}
