import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getMeOptions } from '../../.generated/@tanstack/react-query.gen';
import { client } from '../../.generated/client.gen';
import type { Me } from '../../.generated/types.gen';

export type Scope = Me['scopes'][number];

/** Who is signed in. Its `error` is a 401 if nobody is. */
export function useMe() {
  return useQuery({ ...getMeOptions(), staleTime: 60_000 });
}

/** Whether the caller may do something; the page leaves out what it may not. False while that is not known. */
export function useMay(scope: Scope): boolean {
  const { data } = useMe();
  return data?.scopes.includes(scope) ?? false;
}

/** Signs in with an API key, which the browser does not keep: the service answers with a cookie that scripts cannot read. */
export async function signIn(key: string): Promise<void> {
  await client.post({ url: '/api/session', body: { api_key: key }, headers: { 'content-type': 'application/json' } });
}

/** Returns a function that signs out and forgets everything that was shown. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await client.delete({ url: '/api/session' });
    queries.clear();
  };
}
