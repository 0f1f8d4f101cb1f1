import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Dialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { useFound } from './found';
import type { Found } from './found';
import styles from './palette.module.css';

/** How long somebody pauses who has typed what they look for. */
const PAUSE_MS = 150;

/** Leads to a page, a gateway, a factory or a sensor by a part of its name. Render it only while it is open. */
export default function Palette({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const groups = useFound(usePaused(text.trim()));
  const all = groups.flatMap(({ found }) => found);
  const chosen = all[Math.min(active, all.length - 1)];
  const go = ({ link }: Found): void => {
    onClose();
    void navigate(link);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setActive(Math.min(Math.max(active + step, 0), Math.max(0, all.length - 1)));
    else if (event.key === 'Enter' && chosen) go(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <input
        role="combobox"
        aria-label="Page, gateway, factory or sensor"
        aria-autocomplete="list"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={chosen && `${id}-${chosen.key}`}
        placeholder="Page, gateway, factory or sensor"
        autoComplete="off"
        spellCheck={false}
        maxLength={255}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label="Found" className={styles.list}>
        {groups.map(({ label, found }) => (
          <div key={label} role="group" aria-label={label}>
            <p className={styles.label} aria-hidden="true">
              {label}
            </p>
            {found.map((each) => (
              <Row key={each.key} id={`${id}-${each.key}`} found={each} isActive={each === chosen} onGo={go} />
            ))}
          </div>
        ))}
      </div>
      {all.length === 0 && <p role="status">Nothing has this name.</p>}
    </Dialog>
  );
}

interface RowProps {
  readonly id: string;
  readonly found: Found;
  readonly isActive: boolean;
  readonly onGo: (found: Found) => void;
}

function Row({ id, found, isActive, onGo }: RowProps) {
  useEffect(() => {
    if (isActive) document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
  }, [id, isActive]);
  return (
    // The field has the focus and the keys.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div id={id} role="option" aria-selected={isActive} className={styles.row} onClick={() => onGo(found)}>
      <Icon name={found.icon} />
      <span>{found.name}</span>
      <span className={styles.detail}>{found.detail}</span>
    </div>
  );
}

/** The text as it was when the typing paused. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === '' ? '' : paused;
}
