/** The script that runs: a file below `/console/assets/`, whatever a proxy puts before that path. */
const script = import.meta.url;

/** The address of the console, with a slash at the end. */
export const consoleUrl = import.meta.env.DEV ? new URL('/', location.href) : new URL('..', script);

/** The address that the paths of the API begin at, without a slash at the end. */
export const serviceUrl = new URL(import.meta.env.DEV ? '.' : '..', consoleUrl).href.replace(/\/$/, '');
