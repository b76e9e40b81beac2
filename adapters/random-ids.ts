import { createHash, randomBytes } from 'node:crypto';
import type { Ids } from '#core/ports/ids.ts';

/** Crockford's base 32 in lower case. The characters are in ascending order, so that encoded times sort. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** Identifiers from the system's cryptographic random source: unpredictable, and unique without coordination. */
export class RandomIds implements Ids {
  workbenchId(now: number): string {
    return encodeTime(now) + randomText();
  }

  runId(): string {
    return randomText();
  }
}

/** The 10 characters of a time, which sort like the times. @param now milliseconds since 1970 */
function encodeTime(now: number): string {
  let remaining = Math.max(0, Math.floor(now));
  let text = '';
  for (let index = 0; index < TIME_LENGTH; index += 1) {
    text = ALPHABET.charAt(remaining % 32) + text;
    remaining = Math.floor(remaining / 32);
  }
  return text;
}

/** 80 random bits: five bits from each of 16 random bytes. */
function randomText(): string {
  let text = '';
  for (const byte of randomBytes(RANDOM_LENGTH)) text += ALPHABET.charAt(byte % 32);
  return text;
}

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
