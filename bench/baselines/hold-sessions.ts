import { SessionLoop } from './session-loop';
import type { Frame, Login } from './session-loop';

export interface Fleet {
  /** Prefix of every gateway URL; the rest is the number of the gateway, from 1. */
  readonly prefix: string;
  readonly count: number;
  readonly login: Login;
}

/** Dials a whole fleet, hands on its messages with the number of the gateway, and answers the question `sessions` with a report. */
export function holdSessions(
  { prefix, count, login }: Fleet,
  onFrame: (frame: Frame, gateway: number) => void = () => undefined,
): void {
  const loop = new SessionLoop(login, (frame, url) => onFrame(frame, Number(url.slice(prefix.length))));
  for (let number = 1; number <= count; number += 1) loop.dial(`${prefix}${number}`);
  process.on('message', (question) => {
    if (question === 'sessions') process.send?.(loop.report());
  });
}
