import { createBareApi } from './bare-api';
import type { BareApiOptions } from './bare-api';
import { given } from './given';
import { listen } from './listen';

void createBareApi(given as BareApiOptions).then(listen);
