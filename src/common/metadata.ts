export type JsonValue = string | number | boolean | object | null;

/** Free-form data that an integrator keeps with a row; the service stores it and never reads it. */
export type Metadata = Record<string, JsonValue>;
