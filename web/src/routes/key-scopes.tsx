import { useQuery } from '@tanstack/react-query';
import { listRolesOptions } from '../../.generated/@tanstack/react-query.gen';
import type { Key } from '../../.generated/types.gen';
import { SCOPE_WORDS, SCOPES } from '../lib/scopes';
import type { Scope } from '../lib/scopes';
import { CheckGroup } from '../parts/check-group';
import { MoreFields } from '../parts/form';
import { useSession } from '../shell/session';

interface KeyScopesProps {
  /** Of the key, as far as they decide what it can be allowed. */
  readonly of: Pick<Key, 'role' | 'organization_id'>;
  /** What is stored; null: all scopes of the role. */
  readonly chosen?: Key['scopes'];
}

/**
 * Limits a key to some scopes of its role. Nobody grants what they lack, so only scopes of the caller are offered. Those that the key has are
 * always there: a form that is sent before the roles are known must not take them away.
 */
export function KeyScopesField({ of, chosen = null }: KeyScopesProps) {
  const mine = useSession().data?.scopes ?? [];
  const ofRole = useScopesOf(of);
  const canHave = (scope: Scope): boolean => ofRole.includes(scope) && mine.includes(scope);
  const offered = SCOPES.filter((scope) => chosen?.includes(scope) === true || canHave(scope));
  return (
    <MoreFields title="Only some of the rights of its role" isOpen={chosen !== null}>
      <CheckGroup
        name="scopes"
        label="Rights"
        hint="Without a choice, the key may do everything that its role allows."
        options={offered.map((scope) => [scope, SCOPE_WORDS[scope]])}
        chosen={chosen ?? []}
      />
    </MoreFields>
  );
}

/** What a role allows; empty while that is not known. */
function useScopesOf({ role, organization_id: owner }: KeyScopesProps['of']): readonly Scope[] {
  const { data } = useQuery({ ...listRolesOptions(), staleTime: Infinity });
  const found = data?.data.find(({ name }) => name === role);
  return (owner === null ? found?.scopes : found?.organization_scopes) ?? [];
}
