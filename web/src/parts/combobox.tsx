import { useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import styles from './combobox.module.css';

/** Something to choose. */
export interface Option {
  readonly id: string;
  readonly name: string;
}

interface ComboboxProps {
  /** Attributes of the field: its id and what describes it, or its label. */
  readonly field: {
    readonly id?: string;
    readonly 'aria-label'?: string;
    readonly 'aria-describedby'?: string | undefined;
    readonly 'aria-invalid'?: true | undefined;
  };
  readonly chosen: Option | undefined;
  /** What matches the text; undefined while that is not known. */
  readonly options: readonly Option[] | undefined;
  /** An option that stands for no choice; without it, one must be chosen. */
  readonly none?: string | undefined;
  readonly placeholder: string;
  /** What is looked for: empty when the list opens, null when it closes. */
  readonly onSearch: (text: string | null) => void;
  readonly onChoose: (option: Option | undefined) => void;
}

/** A choice among more than a list can show: what is typed limits the options. Only an option of the list can be chosen. */
export function Combobox({ field, chosen, options = [], none, placeholder, onSearch, onChoose }: ComboboxProps) {
  const list = useId();
  const [text, setText] = useState<string | null>(null); // Null: closed, and the field says what is chosen.
  const [active, setActive] = useState(0);
  const offered = none !== undefined && !text ? [undefined, ...options] : options;
  const isOpen = text !== null;
  const search = (next: string | null): void => {
    setText(next);
    setActive(0);
    onSearch(next);
  };
  const choose = (option: Option | undefined): void => {
    search(null);
    onChoose(option);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (isOpen) setActive(Math.min(Math.max(active + step, 0), Math.max(0, offered.length - 1)));
      else search('');
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      search(null);
    } else if (event.key === 'Enter' && isOpen) {
      event.preventDefault(); // Not to send the form.
      if (active < offered.length) choose(offered[active]);
    }
  };
  return (
    <span className={styles.combobox}>
      <input
        {...field}
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-activedescendant={isOpen && active < offered.length ? `${list}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        required={none === undefined}
        placeholder={placeholder}
        value={text ?? chosen?.name ?? ''}
        onClick={() => !isOpen && search('')}
        onChange={({ target }) => search(target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => isOpen && search(null)}
      />
      <div id={list} role="listbox" aria-label={placeholder} className={styles.list} hidden={!isOpen}>
        {isOpen &&
          offered.map((option, index) => (
            // The field has the focus and the keys.
            // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={option?.id ?? ''}
              id={`${list}-${index}`}
              role="option"
              aria-selected={option?.id === chosen?.id}
              data-active={index === active || undefined}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              {option?.name ?? none}
            </div>
          ))}
        {isOpen && offered.length === 0 && <div role="presentation">Nothing matches.</div>}
      </div>
    </span>
  );
}
