import { createBareApi } from './bare-api';
import type { BareApiOptions } from './bare-api';
import { given } from './given';
import { holdSessions } from './hold-sessions';
import type { Fleet } from './hold-sessions';
import { listen } from './listen';

// The API and the sessions in one process, as in the product.
const { api, fleet } = given as { api: BareApiOptions; fleet: Fleet };

void createBareApi(api)
  .then(listen)
  .then(() => holdSessions(fleet));
