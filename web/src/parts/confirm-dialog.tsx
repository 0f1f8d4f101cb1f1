import { useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { FormActions } from './form';
import { ErrorNotice } from './notices';

interface ConfirmDialogProps {
  /** A question: `Delete North?` */
  readonly title: string;
  /** The button that does it: `Delete gateway`. */
  readonly confirm: string;
  /** Default `danger`. */
  readonly look?: 'danger' | 'primary';
  /** What must be typed first, if more than one thing is lost. */
  readonly typed?: string | undefined;
  /** What happens. */
  readonly children: ReactNode;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is done, above all what cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, confirm, look = 'danger', typed, children, isBusy, error, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {typed !== undefined && (
        <Field label={`Type “${typed}” to confirm`}>
          {(attributes) => (
            <input {...attributes} autoComplete="off" value={text} onChange={({ target }) => setText(target.value)} />
          )}
        </Field>
      )}
      {error !== null && error !== undefined && <ErrorNotice what="Nothing was changed" error={error} />}
      <FormActions>
        <Button look={look} isBusy={isBusy} disabled={typed !== undefined && text.trim() !== typed} onClick={onConfirm}>
          {confirm}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormActions>
    </Dialog>
  );
}
