/** Whether it is an error of the system or of PostgreSQL with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  // Not `instanceof Error`: in a jest sandbox the errors of Node come from another realm.
  return typeof error === 'object' && error !== null && 'code' in error && codes.some((code) => code === error.code);
}
