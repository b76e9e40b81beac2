/** What a user_id and a workbench_id look like, wherever they come from: a query, a token, a message, an event. */

/** Bounded so that it fits a task's `startedBy` (128 characters) as base64url. */
export const USER_ID_MAX_BYTES = 96;

/** 1-96 bytes of UTF-8 without control characters, U+FFFE and U+FFFF. */
export function isUserId(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL_CHARACTER.test(text) || FORBIDDEN_BY_SQS.test(text)) return false;
  return Buffer.byteLength(text, 'utf8') <= USER_ID_MAX_BYTES;
}

/** 26 characters of Crockford base 32 in lower case: see core/ports/ids.ts. */
export const WORKBENCH_ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isWorkbenchId(text: string): boolean {
  return WORKBENCH_ID_PATTERN.test(text);
}

/** C0, DEL and C1. */
export const CONTROL_CHARACTER = /\p{Cc}/u;

/** What SQS refuses in a message beside control characters: a key with it could never be sent. */
const FORBIDDEN_BY_SQS = /[\ufffe\uffff]/u;
