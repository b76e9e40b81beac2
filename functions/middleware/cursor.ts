import { createHash } from 'node:crypto';
import { isWorkbenchId } from '../identifiers.ts';

/**
 * Where a list goes on: a digest of the user whose list it is, and the id of the last workbench seen. Opaque
 * and needs no secret: whoever makes one up still lists only the workbenches of the user they act for.
 */
export function writeCursor(userId: string, lastId: string): string {
  return Buffer.concat([userDigest(userId), Buffer.from(lastId, 'latin1')]).toString('base64url');
}

/** The last id seen; undefined when this is not a cursor of that user's. */
export function readCursor(userId: string, cursor: string): string | undefined {
  if (cursor.length > CURSOR_MAX_LENGTH) return undefined;
  const lastId = Buffer.from(cursor, 'base64url').subarray(DIGEST_BYTES).toString('latin1');
  // Written again: that compares the user, and base64url has many spellings of the same bytes.
  return isWorkbenchId(lastId) && writeCursor(userId, lastId) === cursor ? lastId : undefined;
}

const DIGEST_BYTES = 12;
const CURSOR_MAX_LENGTH = 64;

function userDigest(userId: string): Buffer {
  return createHash('sha256').update(`list of ${userId}`).digest().subarray(0, DIGEST_BYTES);
}
