import { randomBytes } from 'node:crypto';
import type { Ids } from '#core/ports/ids.ts';

/** Crockford's base 32, in lower case: in the order of its values, as sorting needs it. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** Identifiers from the machine's source of randomness: unpredictable, and unique without asking anybody. */
export class RandomIds implements Ids {
  workbenchId(now: number): string {
    return encodeTime(now) + randomText();
  }

  runId(): string {
    return randomText();
  }
}

function encodeTime(now: number): string {
  let rest = Math.max(0, Math.floor(now));
  let text = '';
  for (let place = 0; place < TIME_LENGTH; place += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** 80 random bits: five of each of 16 bytes. */
function randomText(): string {
  let text = '';
  for (const byte of randomBytes(RANDOM_LENGTH)) text += ALPHABET.charAt(byte % 32);
  return text;
}
