import { useFactoriesOf, useFactorySearch } from '../lib/factories';
import { useOrganizationSearch, useOrganizationsOf } from '../lib/organizations';
import type { NamedSource } from './named-choice';

export const FACTORIES: NamedSource = { label: 'Factory', useSearch: useFactorySearch, useNames: useFactoriesOf };

export const ORGANIZATIONS: NamedSource = {
  label: 'Organization',
  useSearch: useOrganizationSearch,
  useNames: useOrganizationsOf,
};
