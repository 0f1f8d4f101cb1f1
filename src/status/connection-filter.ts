import { reaches } from '../common/actor';
import type { Reach } from '../common/actor';
import type { PublicGateway } from '../events/domain-events';
import type { ReasonCode } from '../gateway-client/failure/failure';
import type { ConnectionRecord } from './connection-record';
import type { StatusState } from './connection-state';

/** Which connections a list shows. Undefined filters keep all. */
export interface ConnectionFilter {
  readonly organizationId?: string | undefined;
  readonly factoryId?: string | undefined;
  /** In the name or the label of the gateway, ignoring case. */
  readonly search?: string | undefined;
  readonly states?: readonly StatusState[] | undefined;
  readonly reasonCodes?: readonly ReasonCode[] | undefined;
}

/** The text of each gateway that searches look at. A row that has changed is another object. */
const searchTexts = new WeakMap<PublicGateway, string>();

/** The connections within reach that match the filter. Null: all of them. */
export function toMatch(reach: Reach, filter: ConnectionFilter): ((record: ConnectionRecord) => boolean) | null {
  const { organizationId, factoryId, search } = filter;
  const states = filter.states && new Set<string>(filter.states);
  const codes = filter.reasonCodes && new Set(filter.reasonCodes);
  const text = search?.toLowerCase();
  const all = [organizationId, factoryId, text, states, codes].every((each) => each === undefined);
  if (all && reach.organizationId === null) return null;
  return ({ gateway, state, reason }) =>
    reaches(reach, gateway.organizationId) &&
    (organizationId === undefined || gateway.organizationId === organizationId) &&
    (factoryId === undefined || gateway.factoryId === factoryId) &&
    (states === undefined || states.has(state)) &&
    (codes === undefined || (reason !== null && codes.has(reason.code))) &&
    (text === undefined || searchTextOf(gateway).includes(text));
}

function searchTextOf(gateway: PublicGateway): string {
  const known = searchTexts.get(gateway);
  if (known !== undefined) return known;
  const text = `${gateway.name}\0${gateway.label}`.toLowerCase(); // Names contain no NUL.
  searchTexts.set(gateway, text);
  return text;
}
