import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 8;
/** 32 characters of 62 are 190 bits. */
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 6;

/** Length of `gwh_` and the public id. */
export const PREFIX_LENGTH = 12;

const FORM = /^gwh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/;

/**
 * Makes a key: `gwh_`, a public id of 8 characters, `_`, a secret of 32, and a check of 6. Underscores let a double click select all of
 * it; the fixed start lets scanners find keys in repositories; the check tells a typing error from an unknown key without a look-up.
 */
export function generateKey(): string {
  const unchecked = `gwh_${randomText(ID_LENGTH)}_${randomText(SECRET_LENGTH)}`;
  return unchecked + checkOf(unchecked);
}

/** Whether a text has the form of a key, with the right check. Says nothing about whether the key exists. */
export function isWellFormedKey(text: string): boolean {
  return FORM.test(text) && checkOf(text.slice(0, -CHECK_LENGTH)) === text.slice(-CHECK_LENGTH);
}

/** The part of a key that is no secret. */
export function prefixOf(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}

/** What is stored of a key. A slow hash is for passwords that people choose: 190 random bits cannot be guessed. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** CRC-32 as six digits of base 62. */
function checkOf(text: string): string {
  let rest = crc32(text);
  let check = '';
  for (let digits = 0; digits < CHECK_LENGTH; digits += 1) {
    check = (ALPHABET[rest % ALPHABET.length] ?? '') + check;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return check;
}
