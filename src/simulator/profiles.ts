import { capturedShape } from './captured.shape';
import type { Faults } from './faults';
import { hostileShape, unaskedAfterLogin, unaskedAfterSubscribe } from './hostile';
import type { Unasked } from './hostile';
import { manualShape } from './manual.shape';
import type { Shape } from './shape';

export const profileNames = ['manual', 'captured', 'hostile', 'mute', 'refuse-a', 'refuse-b', 'refuse-c'] as const;

/**
 * The kinds of gateway that can be simulated. `manual` writes as the vendor's manual says, `captured` as hardware was
 * seen to; `hostile` keeps its session alive but says much that is wrong; `mute` falls silent after the login;
 * `refuse-a` to `refuse-c` refuse every login, each in its way.
 */
export type Profile = (typeof profileNames)[number];

/** What a profile is made of: how it writes, what is wrong with it from the start, and what it says unasked. */
export interface Character {
  readonly shape: Shape;
  readonly faults?: Partial<Faults>;
  readonly afterLogin?: (email: string) => readonly Unasked[];
  readonly afterSubscribe?: () => readonly Unasked[];
}

export const characters: Readonly<Record<Profile, Character>> = {
  manual: { shape: manualShape },
  captured: { shape: capturedShape },
  hostile: { shape: hostileShape, afterLogin: unaskedAfterLogin, afterSubscribe: unaskedAfterSubscribe },
  mute: { shape: capturedShape, faults: { silentAfterLogin: true } },
  'refuse-a': { shape: capturedShape, faults: { refuseLogins: 'a' } },
  'refuse-b': { shape: capturedShape, faults: { refuseLogins: 'b' } },
  'refuse-c': { shape: capturedShape, faults: { refuseLogins: 'c' } },
};
