import { LOGIN } from '../../support/builders';

/** Where the URL of a gateway leads: to its own device, on one path or another, or to a port where nobody listens. */
export type Place = 'home' | 'spare' | 'nowhere';

/** What the operator said last of one gateway. */
export interface Wish {
  desired: 'connected' | 'disconnected';
  place: Place;
  email: string;
  password: string;
}

/** One wish for each of the three gateways; null for one that does not exist. */
export interface Model {
  readonly wishes: (Wish | null)[];
}

export type Outcome = 'deleted' | 'disconnected' | 'reconnecting' | 'auth_failed' | 'connected';

/** Where a gateway must end, when its device is well and nothing more happens. */
export function outcomeOf(wish: Wish | null | undefined): Outcome {
  if (!wish) return 'deleted';
  if (wish.desired === 'disconnected') return 'disconnected';
  if (wish.place === 'nowhere') return 'reconnecting';
  const isRight = wish.email === LOGIN.email && wish.password === LOGIN.password;
  return isRight ? 'connected' : 'auth_failed';
}
