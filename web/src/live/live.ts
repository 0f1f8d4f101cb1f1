import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';
import { serviceUrl } from '../lib/base';
import { useEverySecond } from '../lib/clock';
import { joinStream } from './leader';
import { openingLink } from './link';
import type { Link } from './link';
import { addMoves, newerRows, newerStatus, patchPage, patchStatus } from './live-store';
import { staleSince } from './staleness';
import type { StreamEvent } from './stream-reader';

/** Moves are shown together, so that a storm of them does not keep the browser busy. */
const FLUSH_MS = 250;
/** How often counts are asked for at most. */
const COUNTS_MS = 1000;
const MOVES_KEPT = 50;

/** Queries whose answers are counts of states. */
const COUNTS = ['getFleetSummary', 'listFleetFactories'];

interface Live {
  readonly link: Link;
  /** The latest moves since the page was opened, latest first. */
  readonly moves: readonly ConnectionStatus[];
  /** How many moves there were: it changes when a list may be in another order. */
  readonly moved: number;
}

let live: Live = { link: openingLink(Date.now()), moves: [], moved: 0 };
const listeners = new Set<() => void>();

function setLive(changes: Partial<Live>): void {
  live = { ...live, ...changes };
  listeners.forEach((listen) => listen());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows the stream and keeps the answers that pages show up to date with it. Returns a function that ends it. */
export function startLive(queries: QueryClient): () => void {
  let waiting: ConnectionStatus[] = [];
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let counting: ReturnType<typeof setTimeout> | undefined;

  queries.setQueryDefaults([{ _id: 'getGatewayStatus' }], { structuralSharing: newerStatus });
  queries.setQueryDefaults([{ _id: 'listConnections' }], { structuralSharing: newerRows });
  const countSoon = (): void => {
    counting ??= setTimeout(() => {
      counting = undefined;
      void queries.invalidateQueries({ predicate: ({ queryKey }) => COUNTS.includes(idOf(queryKey)) });
    }, COUNTS_MS);
  };
  const flush = (): void => {
    flushing = undefined;
    const moves = new Map(waiting.map((status) => [status.id, status]));
    queries.setQueriesData<ConnectionPage>(
      { predicate: ({ queryKey }) => idOf(queryKey) === 'listConnections' },
      (page) => page && patchPage(page, moves),
    );
    queries.setQueriesData<ConnectionStatus>(
      { predicate: ({ queryKey }) => idOf(queryKey) === 'getGatewayStatus' },
      (status) => status && patchStatus(status, moves),
    );
    setLive({ moves: addMoves(live.moves, waiting, MOVES_KEPT), moved: live.moved + waiting.length });
    waiting = [];
    countSoon();
  };
  const onEvent = ({ name, data }: StreamEvent): void => {
    if (name === 'state') {
      waiting.push(JSON.parse(data) as ConnectionStatus);
      flushing ??= setTimeout(flush, FLUSH_MS);
    } else if (name === 'reset' || name.startsWith('gateway.') || (name === 'start' && !isResumed(data))) {
      // What was missed is not known, or is not a change of state: ask for everything that is shown.
      void queries.invalidateQueries();
    }
  };
  const leave = joinStream(`${serviceUrl}/api/events`, { onLink: (link) => setLive({ link }), onEvent });
  return () => {
    leave();
    clearTimeout(flushing);
    clearTimeout(counting);
  };
}

function isResumed(data: string): boolean {
  return (JSON.parse(data) as { resumed?: boolean }).resumed === true;
}

/** The operation that a query asks, in the keys of the generated client. */
function idOf(queryKey: readonly unknown[]): string {
  return (queryKey[0] as { _id?: string } | undefined)?._id ?? '';
}

/** The latest moves since the page was opened, latest first. */
export function useMoves(): readonly ConnectionStatus[] {
  return useSyncExternalStore(subscribe, () => live.moves);
}

/** How many moves there were since the page was opened. */
export function useMoved(): number {
  return useSyncExternalStore(subscribe, () => live.moved);
}

/** The code of the service's refusal of the stream; null if it is not refused. */
export function useRefusal(): string | null {
  return useSyncExternalStore(subscribe, () => live.link.code);
}

/** Since when the page may not be true any more; null while it is live. */
export function useStaleSince(): number | null {
  useSyncExternalStore(subscribe, () => live.link);
  return useEverySecond(() => staleSince(live.link, Date.now()));
}

/** How often a page asks again, in milliseconds: more often while no stream tells it about changes. */
export function useRefetchInterval(): number {
  return useStaleSince() === null ? 30_000 : 5000;
}
