/** From newly commissioned (A) to dangerous (D). */
export const ZONES = ['A', 'B', 'C', 'D'] as const;
export type Zone = (typeof ZONES)[number];

/** Upper limits of the zones A, B and C, in mm/s RMS. */
export interface Boundaries {
  readonly boundaryAb: number;
  readonly boundaryBc: number;
  readonly boundaryCd: number;
}

/** The zone of a velocity in mm/s RMS. A velocity on a boundary is in the better zone. */
export function zoneOf(velocityRms: number, { boundaryAb, boundaryBc, boundaryCd }: Boundaries): Zone {
  const passed = [boundaryAb, boundaryBc, boundaryCd].filter((boundary) => velocityRms > boundary).length;
  return ZONES[passed] ?? 'D';
}

/** The worst of several zones; null if one of them is unknown, or there is none. */
export function worstOf(zones: readonly (Zone | null)[]): Zone | null {
  return zones.includes(null) ? null : (ZONES.findLast((zone) => zones.includes(zone)) ?? null);
}
