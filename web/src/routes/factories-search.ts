import { choiceIn, idIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';
import { readNamesSearch } from './names-search';
import type { NamesSearch } from './names-search';

/** What the service sorts factories by; `name` is the default. */
const SORTS = ['name', '-name', 'trouble', '-trouble'] as const;

/** What the address of the list of factories says. */
export interface FactoriesSearch extends NamesSearch {
  /** Id of an organization. */
  readonly organization?: string | undefined;
  readonly sort?: (typeof SORTS)[number] | undefined;
}

/** Reads it, and leaves out what is invalid. */
export const readFactoriesSearch = (search: RawSearch): FactoriesSearch => ({
  ...readNamesSearch(search),
  organization: idIn(search, 'organization'),
  sort: choiceIn(search, 'sort', SORTS, 'name'),
});
