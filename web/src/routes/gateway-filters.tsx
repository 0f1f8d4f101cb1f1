import { Link, useNavigate } from '@tanstack/react-router';
import { memo, useCallback } from 'react';
import { STATE_LOOKS, STATES } from '../lib/states';
import styles from '../parts/filters.module.css';
import { SearchBox } from '../parts/search-box';
import { StateShape } from '../parts/state-chip';
import type { GatewaysSearch } from './gateways-search';
import { NamedFilter } from './named-choice';
import { FACTORIES, ORGANIZATIONS } from './named-sources';
import { ReasonFilter } from './reason-filter';

interface FiltersProps {
  readonly search: GatewaysSearch;
}

/**
 * What the list of gateways is limited to. Each choice changes the address, and begins at the first page. Drawn again only for another
 * address: the list is drawn with each move.
 */
export const GatewayFilters = memo(function GatewayFilters({ search }: FiltersProps) {
  const { q, state, reason, factory, organization } = search;
  const navigate = useNavigate({ from: '/gateways' });
  const change = useCallback(
    (changes: GatewaysSearch) => void navigate({ search: (old) => ({ ...old, ...changes, page: undefined }) }),
    [navigate],
  );
  const onSearch = useCallback((text: string | undefined) => change({ q: text }), [change]);
  return (
    <search>
      <div className={styles.bar}>
        <SearchBox label="Search name or gateway ID" value={q} onSearch={onSearch} />
        <NamedFilter
          source={ORGANIZATIONS}
          none="Every organization"
          value={organization}
          onChoose={(id) => change({ organization: id })}
        />
        <NamedFilter
          source={FACTORIES}
          none="Every factory"
          value={factory}
          onChoose={(id) => change({ factory: id })}
        />
        <ReasonFilter value={reason} onChoose={(codes) => change({ reason: codes })} />
      </div>
      <StateFilter chosen={state} />
    </search>
  );
});

function StateFilter({ chosen = [] }: { readonly chosen: GatewaysSearch['state'] }) {
  return (
    <div className={styles.pills} role="group" aria-label="State">
      <Pill isChosen={chosen.length === 0} state={undefined}>
        All
      </Pill>
      {STATES.map((state) => {
        const isChosen = chosen.includes(state);
        const rest = STATES.filter((each) => (each === state ? !isChosen : chosen.includes(each)));
        return (
          <Pill key={state} isChosen={isChosen} state={rest.length === 0 ? undefined : rest}>
            <StateShape state={state} />
            {STATE_LOOKS[state].label}
          </Pill>
        );
      })}
    </div>
  );
}

interface PillProps {
  readonly isChosen: boolean;
  /** The states after it was pressed. */
  readonly state: GatewaysSearch['state'];
  readonly children: React.ReactNode;
}

function Pill({ isChosen, state, children }: PillProps) {
  return (
    <Link
      from="/gateways"
      to="/gateways"
      search={(old) => ({ ...old, state, page: undefined })}
      className={styles.pill}
      data-chosen={isChosen || undefined}
      aria-current={isChosen ? 'true' : undefined}
      activeProps={{}}
    >
      {children}
    </Link>
  );
}
