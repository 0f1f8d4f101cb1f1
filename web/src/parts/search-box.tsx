import { useEffect, useState } from 'react';
import { Icon } from './icon';
import styles from './filters.module.css';

/** How long somebody pauses who has typed what they look for. */
const PAUSE_MS = 250;

interface SearchBoxProps {
  readonly label: string;
  /** What the address says. */
  readonly value: string | undefined;
  /** Called when the typing pauses. */
  readonly onSearch: (text: string | undefined) => void;
}

/** The field that a list is searched with; `/` leads to it. */
export function SearchBox({ label, value = '', onSearch }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // The address has changed, as by the Back button. What is being typed stays if it says the same.
    setKnown(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === value) return undefined;
    const timer = setTimeout(() => onSearch(wanted === '' ? undefined : wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onSearch]);
  return (
    <span className={styles.search}>
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        data-search=""
        maxLength={255}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </span>
  );
}
