import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';

/** Of a simulated gateway whose history matters to no test: the service fetches it a few seconds after each login, which takes time. */
export const SHORT_HISTORY = { samples: 64, depth: { count: 3 } } as const satisfies SimulatedGatewayOptions;
