import { figureOf, measureAgainIfClose } from '../figure';
import type { Figure } from '../figure';
import { measureRounds } from '../support/rounds';
import type { Round, Side } from '../support/rounds';
import { untilConnected } from '../support/sessions';
import type { Plant } from './plant';

/** In seconds. */
interface StartUp {
  /** From the start of the process to the last session. */
  readonly whole: number;
  /** From the first session to the last, which excludes the start of the program. */
  readonly sessions: number;
}

/** Measures how long it takes until a whole fleet is connected. */
export async function measureStartUp(plant: Plant, count: number, rounds: number): Promise<Figure[]> {
  await plant.populate(count);
  const measure = (side: Side): Promise<StartUp> => startUp(plant, side, count);
  const whole = pick(({ whole }) => whole);
  const measured = await measureAgainIfClose(`fleet.start-${count}`, whole, () => measureRounds(rounds, measure));

  const subject = { id: `fleet.start-${count}`, title: `start to ${count} connected`, unit: 's' };
  const sessions = { id: `fleet.sessions-${count}`, title: `first to last of ${count} connected`, unit: 's' };
  return [figureOf(subject, measured.map(whole)), figureOf(sessions, measured.map(pick(({ sessions }) => sessions)))];
}

function pick(read: (startUp: StartUp) => number): (round: Round<StartUp>) => Round<number> {
  return ({ product, baseline }) => ({ product: read(product), baseline: read(baseline) });
}

async function startUp(plant: Plant, side: Side, count: number): Promise<StartUp> {
  const { process, sessions } = await plant.launch(side, count);
  const { firstConnectedAt, lastConnectedAt } = await untilConnected(sessions, count);
  await process.stop();
  return {
    whole: (lastConnectedAt - process.startedAt) / 1000,
    sessions: (lastConnectedAt - firstConnectedAt) / 1000,
  };
}
