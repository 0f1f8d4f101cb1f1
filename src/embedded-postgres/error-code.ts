/** Whether this is a system or PostgreSQL error with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  // Not `instanceof Error`: in a Jest sandbox, Node's errors come from another realm.
  return typeof error === 'object' && error !== null && 'code' in error && codes.some((code) => code === error.code);
}
