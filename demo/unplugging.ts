import type { SimulatedGateway } from '../simulator/simulated-gateway';

/** When in a round of so many seconds it is unplugged, and plugged in again. */
const ROUND_S = 180;
const UNPLUGGED_AT_S = 20;
const PLUGGED_IN_AT_S = 80;

export interface UnpluggingOptions {
  readonly gateway: Pick<SimulatedGateway, 'stopListening' | 'startListening'>;
  /** How many of its readings the service has fetched from its history so far. */
  readonly fetched: () => number;
  /** Gets one line about each step, such as `is plugged in again`. */
  readonly tell: (line: string) => void;
}

/**
 * Unplugs a gateway for a minute in each round. It goes on measuring, and keeps what it measures; once it is back, the service fetches
 * that from its history. Returns a function that stops it.
 */
export function unplugAgainAndAgain({ gateway, fetched, tell }: UnpluggingOptions): () => void {
  let second = 0;
  /** Those fetched before it was plugged in; null before that. */
  let before: number | null = null;
  let last = 0;
  let told = 0;

  /** Says how many came back, once their number stays the same for a second. */
  const tellFetched = () => {
    if (before === null) return;
    const count = fetched() - before;
    if (count === last && count > told) {
      told = count;
      tell(`is back: ${count} readings that the service had missed came from its history`);
    }
    last = count;
  };
  const timer = setInterval(() => {
    second = (second + 1) % ROUND_S;
    if (second === UNPLUGGED_AT_S) {
      before = null;
      void gateway.stopListening();
      tell('is unplugged for a minute, and goes on measuring');
    }
    if (second === PLUGGED_IN_AT_S) {
      [before, last, told] = [fetched(), 0, 0];
      void gateway.startListening();
      tell('is plugged in again');
    }
    tellFetched();
  }, 1000);
  return () => clearInterval(timer);
}
