import { setTimeout as sleep } from 'node:timers/promises';
import { SimulatedFleet } from '../../simulator/simulated-fleet';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import { SIDES } from '../support/rounds';
import type { Side } from '../support/rounds';
import type { SentKind } from './sent-kind';

/** Gateways of each side, and sensors of each gateway. */
export interface SenderOptions {
  readonly gateways: number;
  readonly sensors: number;
  readonly samples: number;
}

/** How many readings to send to a side: all at once, or at a steady rate for as long as that takes. */
export interface Sending {
  readonly side: Side;
  readonly kind: SentKind;
  readonly count: number;
  /** Readings per second; null: all at once. */
  readonly rate: number | null;
}

/** When the first reading was sent and when the last one was, in epoch milliseconds. */
export interface Sent {
  readonly startedAt: number;
  readonly endedAt: number;
}

const TICK_MS = 5;

// Simulated gateways that notify both sides of the same kinds of readings. One process, so that both pay the same for it.
const { gateways, sensors, samples } = JSON.parse(process.argv[2] ?? '{}') as SenderOptions;
const fleets: Partial<Record<Side, SimulatedGateway[]>> = {};

async function start(): Promise<void> {
  // Without a history: the service would fetch it, and store readings that nobody counts.
  const options = { mode: 'paths', sensors, samples, depth: { count: 0 } } as const;
  for (const side of SIDES) fleets[side] = (await SimulatedFleet.listen({ count: gateways, ...options })).gateways;
  for (const side of SIDES) process.stdout.write(`${side} at ${fleets[side]?.[0]?.url}\n`);
  process.stdout.write('listening on http://127.0.0.1:0\n');
}

/** Sends what is due, whether it is taken or not. */
async function send({ side, kind, count, rate }: Sending): Promise<Sent> {
  const members = fleets[side] ?? [];
  while (!members.every(({ subscribedConnections }) => subscribedConnections > 0)) await sleep(TICK_MS);
  const startedAt = Date.now();
  const dueBy = (now: number): number => (rate === null ? count : Math.floor(((now - startedAt) * rate) / 1000));
  let sent = 0;
  const sendDue = (): void => {
    const due = Math.min(count, dueBy(Date.now()));
    for (; sent < due; sent += 1) members[sent % members.length]?.notify(kind);
  };
  sendDue();
  while (sent < count) {
    await sleep(TICK_MS);
    sendDue();
  }
  return { startedAt, endedAt: Date.now() };
}

process.on('message', (message: Sending | 'collect') => {
  if (message !== 'collect') void send(message).then((sent) => process.send?.(sent));
});

void start();
