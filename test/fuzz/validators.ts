import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { Schema } from './document';

// Not strict: it would refuse `example`, which is a word of OpenAPI.
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
ajv.addFormat('password', true); // Says only that the text is secret.

/** What is wrong with a value; null if nothing is. */
export function problemOf(schema: Schema, value: unknown): string | null {
  const validate = ajv.compile(schema); // Compiled once for each schema.
  return validate(value) ? null : ajv.errorsText(validate.errors);
}
