/** To whom a workbench is shared. Names are compared exactly: neither case nor Unicode form is changed. */
export type Grantee =
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'group'; readonly group: string }
  /** Every authenticated user of the installation. */
  | { readonly kind: 'organisation' };

export const ORGANISATION: Grantee = { kind: 'organisation' };

/** The largest name of a group, bytes of UTF-8. */
export const GROUP_NAME_MAX_BYTES = 128;

const CONTROL_CHARACTER = /\p{Cc}/u;

/** 1 to GROUP_NAME_MAX_BYTES bytes of UTF-8 without control characters. */
export function isGroupName(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL_CHARACTER.test(text)) return false;
  return new TextEncoder().encode(text).byteLength <= GROUP_NAME_MAX_BYTES;
}

/** Returns the text of a grantee in the API: `user:<user id>`, `group:<name>` or `organisation`. */
export function formatGrantee(grantee: Grantee): string {
  switch (grantee.kind) {
    case 'user':
      return `user:${grantee.userId}`;
    case 'group':
      return `group:${grantee.group}`;
    case 'organisation':
      return 'organisation';
  }
}

/**
 * Parses what `formatGrantee` returns. Only the first colon separates, so a name may contain colons. Undefined for any
 * other text, and for a name that is no name of a user or group.
 * @param isUserId whether the installation accepts the text as a user id
 */
export function parseGrantee(text: string, isUserId: (text: string) => boolean): Grantee | undefined {
  if (text === 'organisation') return ORGANISATION;
  const name = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('user:')) return isUserId(name) ? { kind: 'user', userId: name } : undefined;
  if (text.startsWith('group:')) return isGroupName(name) ? { kind: 'group', group: name } : undefined;
  return undefined;
}

const USER_PREFIX = 'user#';
const GROUP_PREFIX = 'group#';

/**
 * Returns the grantee as part of a key: `user#<encoded>`, `group#<encoded>` or `organisation`. Two grantees have the same
 * key only if they are the same. The names are percent-encoded, so that the rest of a key may follow a `#`.
 * @throws URIError if a name is not well-formed Unicode
 */
export function granteeKey(grantee: Grantee): string {
  switch (grantee.kind) {
    case 'user':
      return USER_PREFIX + encodeURIComponent(grantee.userId);
    case 'group':
      return GROUP_PREFIX + encodeURIComponent(grantee.group);
    case 'organisation':
      return 'organisation';
  }
}

/** Returns the grantee of a key; undefined for what `granteeKey` does not return. */
export function granteeOfKey(key: string): Grantee | undefined {
  const grantee = decodeKey(key);
  // Encoding it again refuses the other spellings of the same name, such as lower-case hexadecimal digits.
  return grantee !== undefined && granteeKey(grantee) === key ? grantee : undefined;
}

function decodeKey(key: string): Grantee | undefined {
  if (key === 'organisation') return ORGANISATION;
  try {
    if (key.startsWith(USER_PREFIX))
      return { kind: 'user', userId: decodeURIComponent(key.slice(USER_PREFIX.length)) };
    if (key.startsWith(GROUP_PREFIX))
      return { kind: 'group', group: decodeURIComponent(key.slice(GROUP_PREFIX.length)) };
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return undefined;
}

/** The groups of a user, as a claim of a token lists them (WB_GROUPS_CLAIM). They only ever give rights. */

/** The most groups of a user that count. */
export const GROUPS_MAX = 100;
export interface ClaimedGroups {
  /** At most GROUPS_MAX, without duplicates. */
  readonly groups: readonly string[];
  /** The number of values of the claim that do not count. */
  readonly ignored: number;
}

/**
 * Reads the groups of a claim: an array of names, or one name. Values that are no name do not count, and of more than
 * GROUPS_MAX names only the first by code unit: without some of their groups users have fewer rights, never more, and keep
 * their own workbenches. The order in the token makes no difference, so that two tokens with the same groups give the same rights.
 */
export function readGroups(claim: unknown): ClaimedGroups {
  const values = Array.isArray(claim) ? claim : claim === undefined || claim === null ? [] : [claim];
  const names = new Set<string>();
  let ignored = 0;
  for (const value of values) {
    if (typeof value === 'string' && isGroupName(value)) names.add(value);
    else ignored += 1;
  }
  const groups = [...names].sort();
  return { groups: groups.slice(0, GROUPS_MAX), ignored: ignored + Math.max(0, groups.length - GROUPS_MAX) };
}
