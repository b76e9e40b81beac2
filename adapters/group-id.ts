import { createHash } from 'node:crypto';

/**
 * Characters of a group id: 96 bits of the hash. A second name with the id of a group cannot be found, and the ids of
 * GROUPS_MAX groups fit in a cookie, which their names may not.
 */
export const GROUP_ID_LENGTH = 16;

/** Returns the id of a group for sessions and tickets. */
export function groupIdOf(name: string): string {
  return createHash('sha256').update(`group ${name}`).digest('base64url').slice(0, GROUP_ID_LENGTH);
}

/** Whether a text has the form of such an id. */
export function isGroupId(text: string): boolean {
  return /^[A-Za-z0-9_-]{16}$/.test(text);
}
