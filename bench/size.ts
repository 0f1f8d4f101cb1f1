/** How much of everything is measured. Times are in seconds. */
export interface Size {
  readonly rounds: number;
  readonly warmUp: number;
  readonly apiGateways: number;
  readonly apiWarmUp: number;
  readonly apiRound: number;
  /** Gateways in the table while pages at its end are measured. */
  readonly deepGateways: number;
  /** How many gateways start together, in one figure after the other. */
  readonly startFleets: readonly number[];
  /** Fleets that are watched while they are idle, the smallest first. */
  readonly idleFleets: readonly number[];
  /** What an idle fleet takes to come to rest, and how long each of its rounds is: a third of a heartbeat, and so of all pings. */
  readonly settle: number;
  readonly idleRound: number;
  /** Until memory that was collected is given back to the system. */
  readonly release: number;
  readonly ingestGateways: number;
  readonly ingestRound: number;
  readonly stormFleet: number;
  readonly quiet: number;
}

export const full: Size = {
  rounds: 10,
  warmUp: 1,
  apiGateways: 1000,
  apiWarmUp: 0.5,
  apiRound: 0.6,
  deepGateways: 100_000,
  startFleets: [1000, 5000, 10_000],
  idleFleets: [1000, 5000, 10_000],
  settle: 10,
  idleRound: 5,
  release: 0.25,
  ingestGateways: 10,
  ingestRound: 1,
  stormFleet: 5000,
  quiet: 2.5,
};

/** To see that it works at all: what it measures means nothing. */
export const quick: Size = {
  rounds: 1,
  warmUp: 0.05,
  apiGateways: 100,
  apiWarmUp: 0,
  apiRound: 0.1,
  deepGateways: 1000,
  startFleets: [20],
  idleFleets: [10, 20],
  settle: 0.05,
  idleRound: 0.2,
  release: 0.05,
  ingestGateways: 2,
  ingestRound: 0.1,
  stormFleet: 20,
  quiet: 0.1,
};
