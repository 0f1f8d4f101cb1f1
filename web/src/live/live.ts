import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { getSessionQueryKey } from '../../.generated/@tanstack/react-query.gen';
import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';
import { serviceUrl } from '../lib/base';
import { subscribeToSeconds } from '../lib/clock';
import { joinStream } from './leader';
import { openingLink } from './link';
import type { Link } from './link';
import { addMoves, newerRows, newerStatus, patchPage, patchStatus } from './live-store';
import { staleSince } from './staleness';
import type { StreamEvent } from './stream-reader';

/** Moves are shown together, so that a storm of them does not keep the browser busy. */
const FLUSH_MS = 250;
/** How often counts are asked for at most, and lists after gateways were created, changed or deleted. */
const COUNTS_MS = 1000;
const MOVES_KEPT = 50;

/** Queries whose answers are counts of states. */
const COUNTS = ['getFleetSummary', 'listFleetFactories', 'listFleetOrganizations'];
/** Queries whose answers say which gateways there are, and what is known of them. */
const GATEWAYS = [...COUNTS, 'listConnections', 'listGateways', 'getGateway', 'getGatewayStatus'];

interface Live {
  readonly link: Link;
  /** The latest moves since the page was opened, latest first. */
  readonly moves: readonly ConnectionStatus[];
}

let live: Live = { link: openingLink(Date.now()), moves: [] };
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
  let asking: ReturnType<typeof setTimeout> | undefined;
  /** Queries to ask again when the time has come. */
  const outdated = new Set<string>();

  queries.setQueryDefaults([{ _id: 'getGatewayStatus' }], { structuralSharing: newerStatus });
  queries.setQueryDefaults([{ _id: 'listConnections' }], { structuralSharing: newerRows });
  const askSoon = (operations: readonly string[]): void => {
    operations.forEach((operation) => outdated.add(operation));
    asking ??= setTimeout(() => {
      asking = undefined;
      const asked = new Set(outdated);
      outdated.clear();
      void queries.invalidateQueries({ predicate: ({ queryKey }) => asked.has(idOf(queryKey)) });
    }, COUNTS_MS);
  };
  /** The answer leads to the sign-in page if the session is over, as after its key is revoked. */
  const askWhoIsSignedIn = (): void => void queries.invalidateQueries({ queryKey: getSessionQueryKey() });
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
    setLive({ moves: addMoves(live.moves, waiting, MOVES_KEPT) });
    waiting = [];
    askSoon(COUNTS);
  };
  const onEvent = ({ name, data }: StreamEvent): void => {
    if (name === 'state') {
      waiting.push(JSON.parse(data) as ConnectionStatus);
      flushing ??= setTimeout(flush, FLUSH_MS);
    } else if (name.startsWith('gateway.') || (name === 'start' && !isResumed(data))) {
      askSoon(GATEWAYS); // Also what changed between the first answers and the start of the stream.
    } else if (name === 'end') {
      askWhoIsSignedIn();
    } else if (name === 'reset') {
      void queries.invalidateQueries(); // What was missed is not known: ask for everything that is shown.
    }
  };
  const onLink = (link: Link): void => {
    if (link.code === 'UNAUTHENTICATED' && live.link.code !== link.code) askWhoIsSignedIn();
    setLive({ link });
  };
  const leave = joinStream(`${serviceUrl}/api/events?include=gateways`, { onLink, onEvent });
  return () => {
    leave();
    clearTimeout(flushing);
    clearTimeout(asking);
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

/** The code of the service's refusal of the stream; null if it is not refused. */
export function useRefusal(): string | null {
  return useSyncExternalStore(subscribe, () => live.link.code);
}

/** Since when the page may not be true any more; null while it is live. Signs of life alone draw nothing again. */
export function useStaleSince(): number | null {
  return useSyncExternalStore(subscribeToLink, () => staleSince(live.link, Date.now()));
}

/** Time alone makes a page stale too. */
function subscribeToLink(listener: () => void): () => void {
  const [leave, leaveSeconds] = [subscribe(listener), subscribeToSeconds(listener)];
  return () => {
    leave();
    leaveSeconds();
  };
}

/** How often a page asks again, in milliseconds: more often while no stream tells it about changes. */
export function useRefetchInterval(): number {
  return useStaleSince() === null ? 30_000 : 5000;
}
