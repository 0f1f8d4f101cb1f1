import { randomUUID } from 'node:crypto';

/** The id of this process: another one after each start. */
export const instanceId = randomUUID();
