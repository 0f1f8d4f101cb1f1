/** An id that no other request has. `crypto.randomUUID` exists only on HTTPS and on this machine. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
