import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { listConnectionsOptions } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionState, ConnectionStatus } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import { countOf, formatCount } from '../lib/format';
import { STATE_LOOKS, STATES } from '../lib/states';
import { useMoves, useRefetchInterval } from '../live/live';
import { EmptyState, ErrorNotice, Loading } from '../parts/notices';
import { PageHead } from '../parts/page-head';
import { Panel } from '../parts/panel';
import { StateBar } from '../parts/state-bar';
import { StateChip, StateShape } from '../parts/state-chip';
import { Ago, Lasting } from '../parts/time';
import styles from './overview.module.css';

export function Overview() {
  return null;
}
