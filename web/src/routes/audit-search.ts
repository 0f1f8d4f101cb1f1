import { idIn, textIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';

/** What the address of the audit log says. */
export interface AuditSearch {
  /** Such as `gateway.update`. */
  readonly action?: string | undefined;
  /** Id of an actor. */
  readonly actor?: string | undefined;
  /** Id of what was acted on. */
  readonly object?: string | undefined;
}

/** Reads it, and leaves out what is invalid. */
export const readAuditSearch = (search: RawSearch): AuditSearch => ({
  action: textIn(search, 'action'),
  actor: textIn(search, 'actor'),
  object: idIn(search, 'object'),
});
