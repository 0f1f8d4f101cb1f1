import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { rotateKey } from '../../.generated/sdk.gen';
import type { Key, MadeKey } from '../../.generated/types.gen';
import { Button } from '../parts/button';
import { Select } from '../parts/choices';
import { ConfirmDialog } from '../parts/confirm-dialog';
import { useSession } from '../shell/session';

/** For how long both keys work, in seconds. */
const OVERLAPS = [
  ['0', 'at once'],
  ['3600', 'in an hour'],
  ['86400', 'in a day'],
  ['604800', 'in a week'],
] as const;
type Overlap = (typeof OVERLAPS)[number][0];

interface RotateKeyProps {
  readonly of: Key;
  readonly onMade: (made: MadeKey) => void;
}

/** Replaces a key with a new one of the same rights, after a question. */
export function RotateKey({ of: { id, name }, onMade }: RotateKeyProps) {
  const queries = useQueryClient();
  const { data: me } = useSession();
  const [isOpen, setOpen] = useState(false);
  const [overlap, setOverlap] = useState<Overlap>('86400');
  const rotation = useMutation({
    gcTime: 0, // The key is forgotten when the page is left.
    mutationFn: async () => {
      const body = { overlap_seconds: Number(overlap) };
      return (await rotateKey({ path: { id }, body, throwOnError: true })).data;
    },
    onSuccess: async (made) => {
      onMade(made);
      await queries.invalidateQueries();
    },
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>Replace</Button>
      {isOpen && (
        <ConfirmDialog
          title={`Replace the key of ${name}?`}
          confirm="Make the new key"
          look="primary"
          isBusy={rotation.isPending}
          error={rotation.error}
          onConfirm={() => rotation.mutate()}
          onClose={() => setOpen(false)}
        >
          <p>A new key with the same name, rights and expiry is made, and shown once.</p>
          <p>
            <Select label="The old key stops working" options={OVERLAPS} chosen={overlap} onChoose={setOverlap} />
          </p>
          {me?.id === id && <p>You are signed in with this key: sign in with the new one before that.</p>}
        </ConfirmDialog>
      )}
    </>
  );
}
