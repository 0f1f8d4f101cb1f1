import { LOGIN } from '../../support/builders';

/** Where the URL of a gateway points: to its own device, on one of two paths, or to a port where nothing listens. */
export type Place = 'home' | 'spare' | 'nowhere';

/** The last settings that the operator gave one gateway. */
export interface Wish {
  desired: 'connected' | 'disconnected';
  place: Place;
  email: string;
  password: string;
}

/** The settings of each of the three gateways; null for one that does not exist. */
export interface Model {
  readonly wishes: (Wish | null)[];
}

export type Outcome = 'deleted' | 'disconnected' | 'reconnecting' | 'auth_failed' | 'connected';

/** The state that a gateway must reach if its device is healthy and nothing more happens. */
export function outcomeOf(wish: Wish | null | undefined): Outcome {
  if (!wish) return 'deleted';
  if (wish.desired === 'disconnected') return 'disconnected';
  if (wish.place === 'nowhere') return 'reconnecting';
  const isRight = wish.email === LOGIN.email && wish.password === LOGIN.password;
  return isRight ? 'connected' : 'auth_failed';
}
