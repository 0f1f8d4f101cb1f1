/** `WWW-Authenticate` of a 401: RFC 9110, section 11.6.1. */
export const CHALLENGE = 'Bearer realm="gateway-hub"';
