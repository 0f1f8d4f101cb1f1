import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from './api-error';

/** A resource, and the `ETag` of the state in which it was read. */
export interface Revision<Resource> {
  readonly value: Resource;
  readonly etag: string;
}

/** What the generated client returns, as far as a revision needs it. */
interface Answer<Resource> {
  readonly data: Resource;
  readonly response: Response;
}

/** @param asked a read of one resource */
export async function toRevision<Resource>(asked: Promise<Answer<Resource>>): Promise<Revision<Resource>> {
  const { data, response } = await asked;
  return { value: data, etag: response.headers.get('etag') ?? '*' };
}

/**
 * Reads a resource in order to change it: once, so that a form does not change while somebody fills it in, whatever else is asked again.
 * `reload` forgets it, and reads what it is now.
 */
export function useRevision<Resource>(key: readonly string[], read: () => Promise<Revision<Resource>>) {
  const queries = useQueryClient();
  const queryKey = ['revision', ...key];
  const { data, error } = useQuery({
    queryKey,
    queryFn: read,
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: (old, next) => old ?? next,
  });
  return { data, error, reload: () => void queries.resetQueries({ queryKey }) };
}

interface EditOptions<Resource, Changes> {
  readonly base: Revision<Resource>;
  readonly read: () => Promise<Revision<Resource>>;
  /** Sends the changes, if the resource still has this `ETag`. */
  readonly write: (changes: Changes, etag: string) => Promise<unknown>;
  readonly onSaved: () => void;
}

export interface Edit<Resource, Changes> {
  readonly save: (changes: Changes) => void;
  readonly isSaving: boolean;
  /** Why it was not saved; null for a conflict, which is told by itself. */
  readonly error: unknown;
  /** What the resource is now, if somebody else has changed it since it was read. Nothing was saved then. */
  readonly conflict: Revision<Resource> | null;
  /** Saves the same changes over those of somebody else. */
  readonly saveOver: () => void;
}

/** Saves changes unless somebody else was faster. */
export function useEdit<Resource, Changes>(options: EditOptions<Resource, Changes>): Edit<Resource, Changes> {
  const { base, read, write, onSaved } = options;
  const queries = useQueryClient();
  const [conflict, setConflict] = useState<Revision<Resource> | null>(null);
  const saving = useMutation({
    mutationFn: ({ changes, etag }: { changes: Changes; etag: string }) => write(changes, etag),
    onMutate: () => setConflict(null),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onSaved();
    },
    onError: async (error) => {
      if (isConflict(error)) setConflict(await read());
    },
  });
  const { variables } = saving;
  return {
    save: (changes) => saving.mutate({ changes, etag: base.etag }),
    isSaving: saving.isPending,
    error: isConflict(saving.error) ? null : saving.error,
    conflict,
    saveOver: () => {
      if (conflict && variables) saving.mutate({ changes: variables.changes, etag: conflict.etag });
    },
  };
}

/** Whether a change was refused because the resource is no longer what it was when it was read. */
function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}
