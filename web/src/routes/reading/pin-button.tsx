import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getReadingQueryKey, pinReadingMutation } from '../../../.generated/@tanstack/react-query.gen';
import { Button } from '../../parts/button';
import { ErrorNotice } from '../../parts/notices';
import { useMay } from '../../shell/session';

/** Keeps the waveform of a reading for ever, or no longer. */
export function PinButton({ id, isPinned }: { readonly id: string; readonly isPinned: boolean }) {
  const queries = useQueryClient();
  const pin = useMutation({
    ...pinReadingMutation(),
    onSuccess: () => queries.invalidateQueries({ queryKey: getReadingQueryKey({ path: { id } }) }),
  });
  if (!useMay('gateways:write')) return null;
  return (
    <>
      {pin.error && <ErrorNotice error={pin.error} />}
      <Button
        icon="pin"
        isBusy={pin.isPending}
        title={isPinned ? 'The waveform may be deleted when its time is over' : 'The waveform is kept for ever'}
        onClick={() => pin.mutate({ path: { id }, body: { pinned: !isPinned } })}
      >
        {isPinned ? 'Unpin' : 'Pin'}
      </Button>
    </>
  );
}
