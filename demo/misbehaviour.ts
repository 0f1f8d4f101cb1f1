import type { SimulatedGateway } from '../simulator/simulated-gateway';

const FIRST_AFTER_MS = 8000;
const EVERY_MS = 20_000;
const LASTS_MS = 7000;

/** Faults in turn: the first function begins one, the second ends it `LASTS_MS` later. */
const MOODS: [begin: (gateway: SimulatedGateway) => unknown, end: (gateway: SimulatedGateway) => unknown][] = [
  [(gateway) => gateway.drop(), () => undefined],
  [(gateway) => gateway.stopListening(), (gateway) => gateway.startListening()],
  [(gateway) => gateway.freeze(), (gateway) => gateway.thaw()],
  [(gateway) => gateway.drop(1001), () => undefined],
];

/** Triggers each fault in turn at intervals, so that the recovery can be watched. Returns a function that stops it. */
export function misbehave(gateway: SimulatedGateway): () => void {
  let turn = 0;
  let ending: NodeJS.Timeout | undefined;
  const act = () => {
    const [begin, end] = MOODS[turn++ % MOODS.length] ?? [];
    void begin?.(gateway);
    ending = setTimeout(() => void end?.(gateway), LASTS_MS);
  };
  const first = setTimeout(act, FIRST_AFTER_MS);
  const next = setInterval(act, EVERY_MS);
  return () => {
    clearTimeout(first);
    clearInterval(next);
    clearTimeout(ending);
  };
}
