import { createHash } from 'node:crypto';
import { encodeTime } from './random-ids.ts';

/** Crockford's base 32 in lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HASH_LENGTH = 16;

/**
 * The id of an audit event: 10 characters of time, then 16 characters (80 bits) of the hash of what the event is about. The
 * same parts give the same id, so that an event that is appended again is stored once.
 * @param at milliseconds since 1970
 * @param parts for example the id of the request and the number of the event in it
 */
export function auditIdOf(at: number, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  let text = '';
  for (const byte of digest.subarray(0, HASH_LENGTH)) text += ALPHABET.charAt(byte % ALPHABET.length);
  return encodeTime(at) + text;
}
