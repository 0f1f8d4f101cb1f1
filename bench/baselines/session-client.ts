import { given } from './given';
import { holdSessions } from './hold-sessions';
import type { Fleet } from './hold-sessions';

holdSessions(given as Fleet);
