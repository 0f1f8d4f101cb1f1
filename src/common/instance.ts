import { randomUUID } from 'node:crypto';

/** The id of this process; new at each start. */
export const instanceId = randomUUID();
