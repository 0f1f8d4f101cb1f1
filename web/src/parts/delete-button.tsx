import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button';
import { ConfirmDialog } from './confirm-dialog';

interface DeleteButtonProps {
  /** What it is: `gateway`. */
  readonly noun: string;
  readonly name: string;
  /** Default `Delete`. */
  readonly verb?: string;
  readonly isQuiet?: boolean;
  /** Whether the name must be typed, because more is lost than what it names. */
  readonly isTyped?: boolean;
  readonly onDelete: () => Promise<unknown>;
  /** After it was deleted. */
  readonly onDeleted: () => unknown;
  /** What else happens. */
  readonly children: ReactNode;
}

/** Deletes something after a question. */
export function DeleteButton(props: DeleteButtonProps) {
  const { noun, name, verb = 'Delete', isQuiet = false, isTyped = false, onDelete, onDeleted, children } = props;
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const deletion = useMutation({
    mutationFn: onDelete,
    onSuccess: async () => {
      setOpen(false);
      await onDeleted();
      await queries.invalidateQueries();
    },
  });
  const open = (): void => {
    deletion.reset();
    setOpen(true);
  };
  return (
    <>
      <Button
        look={isQuiet ? 'quiet-danger' : 'danger'}
        aria-label={isQuiet ? `${verb} ${name}` : undefined}
        onClick={open}
      >
        {verb}
      </Button>
      {isOpen && (
        <ConfirmDialog
          title={`${verb} ${name}?`}
          confirm={`${verb} ${noun}`}
          typed={isTyped ? name : undefined}
          isBusy={deletion.isPending}
          error={deletion.error}
          onConfirm={() => deletion.mutate()}
          onClose={() => setOpen(false)}
        >
          {children}
        </ConfirmDialog>
      )}
    </>
  );
}
