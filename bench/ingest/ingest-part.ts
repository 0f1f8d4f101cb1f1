import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_LOGIN } from '../../simulator/gateway-options';
import type { Bench } from '../bench';
import { measureFigure } from '../figure';
import type { Figure } from '../figure';
import { BenchDatabase } from '../support/bench-database';
import { BenchProcess } from '../support/bench-process';
import { apiOf, startProduct } from '../support/product';
import { SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';
import { bareSessions, productSessions, untilConnected } from '../support/sessions';
import type { Sessions } from '../support/sessions';
import type { Order } from './blaster';
import type { FrameKind } from './frames';

const KINDS: readonly [kind: FrameKind, title: string][] = [
  ['small', 'temperatures'],
  ['large', 'vibration readings, 3 × 4,096 samples'],
];

/** Effectively no limit: here a single gateway may send as much as a whole fleet. */
const UNLIMITED = { GATEWAY_MAX_BYTES_PER_SECOND: '1000000000' };

/** Measures notifications read, parsed and counted per second. */
export async function ingestPart(bench: Bench): Promise<Figure[]> {
  const { size, dir, cleanUp } = bench;
  const blaster = cleanUp.keep(new BenchProcess('bench/ingest/blaster.js', { dir }));
  const sessions = await connectBoth(bench, (await blaster.listens()).replace('http', 'ws'));

  const figures: Figure[] = [];
  for (const [kind, title] of KINDS) {
    const measure = (side: Side, seconds: number) =>
      rateOf(blaster, { side, kind }, sessions[side], { seconds, pause: size.ingestPause });
    for (const side of SIDES) await measure(side, size.warmUp);
    const subject = { id: `ingest.${kind}`, title, unit: 'messages/s' };
    figures.push(await measureFigure(subject, size.rounds, (side) => measure(side, size.ingestRound)));
  }
  return figures;
}

async function connectBoth(bench: Bench, url: string): Promise<Round<Sessions>> {
  const { dir, cleanUp } = bench;
  const count = bench.size.ingestGateways;
  const database = await BenchDatabase.start(bench);
  await database.fill(
    Array.from({ length: count }, (_, index) => `${url}/product/${index + 1}`),
    'connected',
  );
  const args = { prefix: `${url}/baseline/`, count, login: DEFAULT_LOGIN };
  const baseline = cleanUp.keep(new BenchProcess('bench/baselines/session-client.js', { dir, args }));
  const sessions = {
    product: productSessions(await apiOf(startProduct(bench, database, UNLIMITED))),
    baseline: bareSessions(baseline),
  };
  for (const side of SIDES) await untilConnected(sessions[side], count);
  return sessions;
}

async function rateOf(
  blaster: BenchProcess,
  order: NonNullable<Order>,
  sessions: Sessions,
  { seconds, pause }: { seconds: number; pause: number },
): Promise<number> {
  await blaster.ask(order);
  await sleep(pause * 1000);
  const before = await sessions.report();
  await sleep(seconds * 1000);
  const after = await sessions.report();
  await blaster.ask(null);
  await sleep(pause * 1000);
  if (after.connected !== before.connected) throw new Error('a session was lost');
  return ((after.messages - before.messages) * 1000) / (after.at - before.at);
}
