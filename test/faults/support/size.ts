/** Sizes of the fault suites: small in `npm test`, full in `npm run test:faults -- --full`. */
interface Size {
  /** Random histories of three gateways, and how many operations each has at least. */
  readonly histories: number;
  readonly operations: number;
  /** Random histories of readings: at most so many, each with so many operations, that begin within this time. */
  readonly readings: { readonly histories: number; readonly operations: number; readonly beginWithinMs: number };
  /** Batches of races of acquisitions, each on several gateways at once. */
  readonly acquisitions: { readonly batches: number; readonly gateways: number };
  /** Gateways that drop at once. */
  readonly storm: number;
  /** How often the service, and then PostgreSQL, is killed. */
  readonly kills: number;
  /** Rounds of every fault over three replicas, and how many gateways they share. None in a small run, which has tests of its own. */
  readonly cluster: { readonly rounds: number; readonly gateways: number };
}

const small: Size = {
  histories: 10,
  operations: 40,
  readings: { histories: 1, operations: 15, beginWithinMs: Infinity },
  acquisitions: { batches: 1, gateways: 6 },
  storm: 200,
  kills: 2,
  cluster: { rounds: 0, gateways: 0 },
};
const full: Size = {
  histories: 200,
  operations: 40,
  // `FAULTS_MINUTES` ends them earlier.
  readings: {
    histories: 200,
    operations: 40,
    beginWithinMs: 60_000 * Number(process.env['FAULTS_MINUTES'] ?? Infinity),
  },
  acquisitions: { batches: 10, gateways: 20 },
  storm: 2000,
  kills: 10,
  cluster: {
    rounds: Number(process.env['FAULTS_ROUNDS'] ?? 20),
    gateways: Number(process.env['FAULTS_GATEWAYS'] ?? 2000),
  },
};

export const isFull = process.env['FAULTS_SIZE'] === 'full';
export const size = isFull ? full : small;
