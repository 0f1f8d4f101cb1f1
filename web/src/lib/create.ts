import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from './api-error';
import { randomId } from './random-id';

interface CreateOptions<Sent, Resource> {
  /** @param headers make the service create the resource once, even if the answer gets lost and the form is sent again */
  readonly write: (sent: Sent, headers: { 'Idempotency-Key': string }) => Promise<Resource>;
  readonly onCreated: (resource: Resource, sent: Sent) => unknown;
}

/** Creates a resource from what a form says. */
export function useCreate<Sent, Resource>({ write, onCreated }: CreateOptions<Sent, Resource>) {
  const queries = useQueryClient();
  const [key, setKey] = useState(randomId);
  return useMutation({
    mutationFn: (sent: Sent) => write(sent, { 'Idempotency-Key': key }),
    onSuccess: async (resource, sent) => {
      setKey(randomId());
      await onCreated(resource, sent);
      await queries.invalidateQueries();
    },
    onError: (error) => {
      // An answer means that nothing was created; what is sent next is another request.
      if (error instanceof ApiError && error.status !== 0) setKey(randomId());
    },
  });
}
