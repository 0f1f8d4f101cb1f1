/** The JSON argument of this program; the importing module casts it to the type it expects. */
export const given: unknown = JSON.parse(process.argv[2] ?? '{}');
