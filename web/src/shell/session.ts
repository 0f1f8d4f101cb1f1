import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getSessionOptions } from '../../.generated/@tanstack/react-query.gen';
import { createSession, deleteSession } from '../../.generated/sdk.gen';
import type { Session } from '../../.generated/types.gen';

export type Scope = Session['scopes'][number];

/** Who is signed in. Its `error` is a 401 if nobody is. */
export function useSession() {
  return useQuery({ ...getSessionOptions(), staleTime: 60_000 });
}

/** Whether the caller may do something; the page leaves out what it may not. False while that is not known. */
export function useMay(scope: Scope): boolean {
  const { data } = useSession();
  return data?.scopes.includes(scope) ?? false;
}

/** Signs in with an API key, which the browser does not keep: the service answers with a cookie that scripts cannot read. */
export async function signIn(key: string): Promise<void> {
  await createSession({ body: { api_key: key }, throwOnError: true });
}

/** Returns a function that signs out and forgets everything that was shown. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await deleteSession({ throwOnError: true });
    queries.clear();
  };
}
