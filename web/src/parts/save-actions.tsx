import type { LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button, ButtonLink } from './button';
import { FormActions } from './form';

interface SaveActionsProps {
  readonly isBusy: boolean;
  /** The page that is shown if nothing is saved. */
  readonly cancel: Pick<LinkProps, 'to' | 'params'>;
  /** Default `Save`. */
  readonly label?: string;
  /** Other ways to save. */
  readonly children?: ReactNode;
}

/** The buttons at the end of a form: it saves, or it does not. */
export function SaveActions({ isBusy, cancel, label = 'Save', children }: SaveActionsProps) {
  return (
    <FormActions>
      <Button type="submit" look="primary" isBusy={isBusy}>
        {label}
      </Button>
      {children}
      <ButtonLink {...cancel} look="quiet">
        Cancel
      </ButtonLink>
    </FormActions>
  );
}
