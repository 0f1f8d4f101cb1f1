/** Every password that the fuzz sends begins with this text, which nothing else contains. */
export const SECRET_MARK = 'gw-secret-';
