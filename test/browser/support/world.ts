import type { Browser, Page } from 'playwright-core';
import type { ApiClient } from '../../support/api-client';
import type { Visitor } from './visitor';

/** What the suite of the console has for these tests. */
export interface World {
  readonly api: () => ApiClient;
  readonly browser: () => Browser;
  readonly visitor: () => Visitor;
  readonly page: () => Page;
  /** Opens a page below `/console/`. */
  readonly open: (path: string) => Promise<void>;
  /** Of a gateway of the suite, by its name. */
  readonly idOf: (name: string) => string;
}
