/** What this program was started with: its reader knows what that is. */
export const given: unknown = JSON.parse(process.argv[2] ?? '{}');
