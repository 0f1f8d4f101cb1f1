import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { FormActions } from '../parts/form';
import styles from './help.module.css';
import { KEYS, listenToShortcuts, PLACES } from './shortcuts';

/** Makes the keys work, and shows them all when `?` is pressed. */
export function Shortcuts({ onPalette }: { readonly onPalette: () => void }) {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  useEffect(
    () =>
      listenToShortcuts({
        goTo: (place) => void navigate({ to: PLACES[place][0] }),
        showHelp: () => setOpen(true),
        openPalette: onPalette,
      }),
    [navigate, onPalette],
  );
  if (!isOpen) return null;
  const places = Object.entries(PLACES).map(([key, [, name]]) => [`g ${key}`, name] as const);
  return (
    <Dialog title="Keys" onClose={() => setOpen(false)}>
      <dl className={styles.keys}>
        {[...KEYS, ...places].map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <FormActions>
        <Button onClick={() => setOpen(false)}>Close</Button>
      </FormActions>
    </Dialog>
  );
}
