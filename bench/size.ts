/** Sizes of the measurements. Times are in seconds. */
export interface Size {
  readonly rounds: number;
  readonly warmUp: number;
  readonly apiGateways: number;
  readonly apiWarmUp: number;
  readonly apiRound: number;
  /** How many processes with keys, and without, are compared one pair after the other. */
  readonly authPairs: number;
  /** Gateways in the table while its last pages are measured. */
  readonly deepGateways: number;
  /** Sizes of the fleets whose start is measured, one figure each. */
  readonly startFleets: readonly number[];
  /** Sizes of the fleets measured while idle, the smallest first. */
  readonly idleFleets: readonly number[];
  /** Time for an idle fleet to come to rest. */
  readonly settle: number;
  /** In a full run a third of a heartbeat interval, so that each round has a third of all pings. */
  readonly idleRound: number;
  /** Time until collected memory is returned to the system. */
  readonly release: number;
  readonly ingestGateways: number;
  readonly ingestRound: number;
  /** Time for data in flight to arrive. */
  readonly ingestPause: number;
  /** Readings of one burst: vibration, and temperatures. */
  readonly vibrationBurst: number;
  readonly temperatureBurst: number;
  /** Vibration readings per second that are stored for a while, how many times, and for how many seconds each time. */
  readonly steadyRate: number;
  readonly steadyRounds: number;
  readonly steadyRound: number;
  /** Gateways whose metrics are read, in how many factories, and how often. */
  readonly metricsFleet: number;
  readonly metricsFactories: number;
  readonly scrapes: number;
  /** Requests that are counted for the metrics, to find what one costs. */
  readonly countedRequests: number;
  /** Gateways in the list that a browser shows, how many of them are dropped each second, and for how many seconds. */
  readonly consoleFleet: number;
  readonly drops: number;
  readonly dropping: number;
  readonly stormFleet: number;
  readonly quiet: number;
}

export const full: Size = {
  rounds: 10,
  warmUp: 1,
  apiGateways: 1000,
  apiWarmUp: 0.5,
  apiRound: 0.6,
  authPairs: 4,
  deepGateways: 100_000,
  startFleets: [1000, 5000, 10_000],
  idleFleets: [1000, 5000, 10_000],
  settle: 10,
  idleRound: 5,
  release: 0.25,
  ingestGateways: 10,
  ingestRound: 1,
  ingestPause: 0.2,
  vibrationBurst: 640,
  temperatureBurst: 5000,
  steadyRate: 200,
  steadyRounds: 3,
  steadyRound: 15,
  metricsFleet: 10_000,
  metricsFactories: 500,
  scrapes: 15,
  countedRequests: 3_000_000,
  consoleFleet: 10_000,
  drops: 25,
  dropping: 300,
  stormFleet: 5000,
  quiet: 2.5,
};

/** A smoke test: its figures mean nothing. */
export const quick: Size = {
  rounds: 1,
  warmUp: 0.05,
  apiGateways: 100,
  apiWarmUp: 0,
  apiRound: 0.1,
  authPairs: 1,
  deepGateways: 1000,
  startFleets: [20],
  idleFleets: [10, 20],
  settle: 0.05,
  idleRound: 0.2,
  release: 0.05,
  ingestGateways: 2,
  ingestRound: 0.05,
  ingestPause: 0.02,
  vibrationBurst: 20,
  temperatureBurst: 100,
  steadyRate: 20,
  steadyRounds: 1,
  steadyRound: 0.5,
  metricsFleet: 20,
  metricsFactories: 4,
  scrapes: 2,
  countedRequests: 1000,
  consoleFleet: 20,
  drops: 5,
  dropping: 1,
  stormFleet: 20,
  quiet: 0.1,
};
