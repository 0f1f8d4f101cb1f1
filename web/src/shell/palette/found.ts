import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { LinkProps } from '@tanstack/react-router';
import {
  listConnectionsOptions,
  listFactoriesOptions,
  listSensorsOptions,
} from '../../../.generated/@tanstack/react-query.gen';
import { KEPT_MS } from '../../lib/names';
import type { IconName } from '../../parts/icon';
import { nameOf } from '../../routes/sensors/sensor-name';
import { usePages } from '../pages';
import { useMay } from '../session';

/** Of one kind: who does not see the right one types more of its name. */
const OFFERED = 6;

/** Something that can be gone to. */
export interface Found {
  readonly key: string;
  readonly icon: IconName;
  readonly name: string;
  /** What tells it from others of the same name. */
  readonly detail: string;
  readonly link: Pick<LinkProps, 'to' | 'params'>;
}

/** What there is of one kind. */
export interface FoundGroup {
  readonly label: string;
  readonly found: readonly Found[];
}

/**
 * Pages, gateways, factories and sensors whose names contain a text, as far as the caller may see them. Without a text, the pages.
 * @param text without spaces around it
 */
export function useFound(text: string): FoundGroup[] {
  const groups = [
    { label: 'Pages', found: useFoundPages(text) },
    { label: 'Gateways', found: useFoundGateways(text) },
    { label: 'Factories', found: useFoundFactories(text) },
    { label: 'Sensors', found: useFoundSensors(text) },
  ];
  return groups.filter(({ found }) => found.length > 0);
}

function useFoundPages(text: string): Found[] {
  const pages = usePages().flat();
  const wanted = text.toLowerCase();
  return pages
    .filter(({ label }) => label.toLowerCase().includes(wanted))
    .map(({ to, label, icon }) => ({ key: to, icon, name: label, detail: '', link: { to } }));
}

function useFoundGateways(text: string): Found[] {
  const { data } = useQuery({
    ...listConnectionsOptions({ query: { search: text, limit: OFFERED, sort: 'name_ci' } }),
    ...sought(text, useMay('connections:read')),
  });
  return rowsOf(text, data).map(({ id, name, gateway_id: label }) => ({
    ...{ key: id, icon: 'gateways', name, detail: label },
    link: { to: '/gateways/$id', params: { id } },
  }));
}

function useFoundFactories(text: string): Found[] {
  const { data } = useQuery({
    ...listFactoriesOptions({ query: { search: text, limit: OFFERED, sort: 'name_ci' } }),
    ...sought(text, useMay('factories:read')),
  });
  return rowsOf(text, data).map(({ id, name, location }) => ({
    ...{ key: id, icon: 'factories', name, detail: location ?? '' },
    link: { to: '/factories/$id', params: { id } },
  }));
}

function useFoundSensors(text: string): Found[] {
  const { data } = useQuery({
    ...listSensorsOptions({ query: { search: text, limit: OFFERED } }),
    ...sought(text, useMay('readings:read')),
  });
  return rowsOf(text, data).map((sensor) => ({
    ...{ key: sensor.id, icon: 'sensors', name: nameOf(sensor), detail: String(sensor.serial) },
    link: { to: '/sensors/$id', params: { id: sensor.id } },
  }));
}

/** How a list is asked for while somebody types. */
function sought(text: string, may: boolean) {
  return { enabled: may && text !== '', staleTime: KEPT_MS, placeholderData: keepPreviousData } as const;
}

/** None without a text: those of the last one are still known then. */
function rowsOf<Row>(text: string, page: { readonly data: readonly Row[] } | undefined): readonly Row[] {
  return text === '' ? [] : (page?.data ?? []);
}
