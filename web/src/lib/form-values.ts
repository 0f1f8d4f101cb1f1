import { ApiError } from './api-error';

/** What a field of a form says, without spaces around it; empty if there is no such field. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** Null if the field is empty. */
export function textOrNull(form: FormData, name: string): string | null {
  return textOf(form, name) || null;
}

/** The lines of a field that say something; null if none does. */
export function linesOrNull(form: FormData, name: string): string[] | null {
  const lines = textOf(form, name)
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.length === 0 ? null : lines;
}

/** The boxes of a group that are ticked; null if none is. */
export function tickedOrNull(form: FormData, name: string): string[] | null {
  const ticked = form.getAll(name).filter((value) => typeof value === 'string');
  return ticked.length === 0 ? null : ticked;
}

/** An object that is written as JSON; an empty field is an empty one. @throws ApiError that names the field, as the service would */
export function objectOf(form: FormData, name: string): Record<string, unknown> {
  const text = textOf(form, name);
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new ApiError(0, 'INVALID_FORM', 'A field of this form is invalid', [
    { path: name, message: 'must be a JSON object, such as {"rack": "B4"}' },
  ]);
}

/** As a person can read and change it; empty for an empty object. */
export function textOfObject(value: Record<string, unknown>): string {
  return Object.keys(value).length === 0 ? '' : JSON.stringify(value, null, 2);
}
