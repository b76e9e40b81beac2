/** What a user_id and a workbench_id look like, wherever they come from: a query, a token, a message, an event. */

/** Bounded so that it fits a task's `startedBy` (128 characters) as base64url. */
export const USER_ID_MAX_BYTES = 96;

/** 1-96 bytes of UTF-8 without control characters, U+FFFE and U+FFFF. */
export function isUserId(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL.test(text) || NOT_IN_MESSAGES.test(text)) return false;
  return Buffer.byteLength(text, 'utf8') <= USER_ID_MAX_BYTES;
}

/** 26 characters of Crockford base 32 in lower case: see core/ports/ids.ts. */
export const WORKBENCH_ID = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isWorkbenchId(text: string): boolean {
  return WORKBENCH_ID.test(text);
}

/** C0, DEL and C1. */
export const CONTROL = /\p{Cc}/u;

/** What SQS refuses in a message beside control characters: a key with it could never be sent. */
const NOT_IN_MESSAGES = /[\ufffe\uffff]/u;
