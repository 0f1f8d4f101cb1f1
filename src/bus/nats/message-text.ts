import type { Message } from '../replica-bus';

/** A message as JSON; nothing for null, which ends a key. */
export function textOf(message: Message): string {
  return message === null ? '' : JSON.stringify(message);
}

/** @returns undefined for what is no JSON: others may use the same server */
export function messageOf(data: Uint8Array): Message {
  const text = new TextDecoder().decode(data);
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
