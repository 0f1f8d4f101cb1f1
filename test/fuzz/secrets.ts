/** Every password that the fuzz sends begins with this text, which nothing else contains. */
export const SECRET_MARK = 'gw-secret-';

/** API keys, and texts that look like one. */
const KEY = /gwh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}/;

/** A password, or an API key. PostgreSQL reads the expression in the same way. */
export const SECRET = new RegExp(`${SECRET_MARK}|${KEY.source}`);
