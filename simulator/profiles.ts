import { capturedShape } from './shapes/captured.shape';
import type { Faults } from './faults';
import { hostileShape, unaskedAfterLogin, unaskedAfterSubscribe } from './shapes/hostile';
import type { Unasked } from './shapes/hostile';
import { manualShape } from './shapes/manual.shape';
import type { Shape, ShapeChoices } from './shapes/shape';

export const profileNames = ['manual', 'captured', 'hostile', 'mute', 'refuse-a', 'refuse-b', 'refuse-c'] as const;

/**
 * Kinds of simulated gateway. `manual` uses the format of the vendor's manual, `captured` that of recorded hardware; `hostile`
 * keeps its session alive but sends many invalid frames; `mute` falls silent after the login; `refuse-a` to `refuse-c` refuse every
 * login, each with its kind of refusal.
 */
export type Profile = (typeof profileNames)[number];

/** A profile: its wire format, its initial faults, and the frames it sends unsolicited. */
export interface Character {
  readonly shape: (choices?: ShapeChoices) => Shape;
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
