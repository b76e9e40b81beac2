import { createHash } from 'node:crypto';
import { isWorkbenchId } from '#core/ports/ids.ts';

/** Field or parameter → what is expected of it. */
export type InvalidFields = Readonly<Record<string, string>>;

/** A value of the request, or the fields that make it invalid. */
export type Parsed<T> = { readonly value: T } | { readonly invalid: InvalidFields };

/**
 * The query as the client sent it. It is parsed from the raw string, because API Gateway joins repeated parameters with
 * a comma: `user_id=a,b` names one user, while `user_id=a&user_id=b` is an error.
 */
export interface Query {
  /** A parameter's value; undefined if it is left out. Invalid if it is repeated or cannot be decoded. */
  parameter(name: string): Parsed<string | undefined>;
  /** Names that cannot be decoded, as the field `query`. */
  readonly invalid: InvalidFields;
}

const ENCODING_EXPECTED = 'percent-encoded UTF-8';

/**
 * Decodes strictly: `+` is a space, two hexadecimal digits follow each percent sign, and the bytes are UTF-8.
 * Parameters that no endpoint reads are ignored, so that a proxy or a cache may add its own.
 */
export function parseQuery(raw: string | undefined): Query {
  const parameters = new Map<string, Parsed<string>>();
  const invalid: Record<string, string> = {};
  for (const pair of (raw ?? '').split('&')) {
    const at = pair.indexOf('=');
    const name = decodeParameter(at < 0 ? pair : pair.slice(0, at));
    const value = decodeParameter(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined) invalid.query = ENCODING_EXPECTED;
    else if (parameters.has(name)) parameters.set(name, { invalid: { [name]: 'given once' } });
    else parameters.set(name, value === undefined ? { invalid: { [name]: ENCODING_EXPECTED } } : { value });
  }
  return { parameter: (name) => parameters.get(name) ?? { value: undefined }, invalid };
}

function decodeParameter(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const DIGEST_BYTES = 12;
const CURSOR_MAX_LENGTH = 64;

/**
 * Where the next page of a list starts: a digest of the user, and the id of the last workbench of this page. Opaque. It
 * needs no signature: a forged cursor still lists only workbenches of the acting user.
 */
export function encodeCursor(userId: string, lastId: string): string {
  return Buffer.concat([digestOf(userId), Buffer.from(lastId, 'latin1')]).toString('base64url');
}

/** The id in a cursor; undefined if it is not a cursor of this user. */
export function decodeCursor(userId: string, cursor: string): string | undefined {
  if (cursor.length > CURSOR_MAX_LENGTH) return undefined;
  const lastId = Buffer.from(cursor, 'base64url').subarray(DIGEST_BYTES).toString('latin1');
  // Encoding it again compares the user, and refuses the other base64url spellings of the same bytes.
  return isWorkbenchId(lastId) && encodeCursor(userId, lastId) === cursor ? lastId : undefined;
}

function digestOf(userId: string): Buffer {
  return createHash('sha256').update(`list of ${userId}`).digest().subarray(0, DIGEST_BYTES);
}
