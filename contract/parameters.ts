/** What a user_id and a workbench_id look like, wherever they come from: a query, a token, a message, an event. */

/** Bounded so that it fits a task's `startedBy` (128 characters) as base64url. */
export const USER_ID_MAX_BYTES = 96;

/** 1-96 bytes of UTF-8 without control characters, U+FFFE and U+FFFF. */
export function isUserId(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL_CHARACTER.test(text) || FORBIDDEN_BY_SQS.test(text))
    return false;
  return Buffer.byteLength(text, 'utf8') <= USER_ID_MAX_BYTES;
}

/** The most items in a page of a list, and the default. */
export const PAGE_MAX = 100;

/** 26 characters of Crockford base 32 in lower case: see core/ports/ids.ts. */
export const WORKBENCH_ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isWorkbenchId(text: string): boolean {
  return WORKBENCH_ID_PATTERN.test(text);
}

/** C0, DEL and C1. */
export const CONTROL_CHARACTER = /\p{Cc}/u;

/** What SQS refuses in a message beside control characters: a key with it could never be sent. */
const FORBIDDEN_BY_SQS = /[\ufffe\uffff]/u;

/** What a request may carry besides its body, as docs/api.yaml describes it. The middlewares read it. */
export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly required: boolean;
  readonly description: string;
  /** JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: string | number;
}

export const PARAMETERS = {
  user_id: {
    name: 'user_id',
    in: 'query',
    required: false,
    description: `Whose workbenches: 1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF, given once. May be left out when the token names its user; otherwise it is required.`,
    schema: { type: 'string', minLength: 1, maxLength: USER_ID_MAX_BYTES },
    example: 'xyz',
  },
  wid: {
    name: 'wid',
    in: 'path',
    required: true,
    description: "The workbench's id. One that cannot be an id is answered like one that does not exist.",
    schema: { type: 'string', pattern: WORKBENCH_ID_PATTERN.source },
    example: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  },
  limit: {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'The most items in a page.',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_MAX },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    required: false,
    description: 'The `next_cursor` of the page before. Belongs to the user whose list it is.',
    schema: { type: 'string' },
  },
  force: {
    name: 'force',
    in: 'query',
    required: false,
    description:
      'Shortens the waits of a stop by the last means, when the machine under the workbench does not answer: the machine is ended. It never invents an outcome. On a shared machine, where others lose theirs too, it needs the admin scope.',
    schema: { type: 'boolean', default: false },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      "The user's own key for this request, kept for 24 hours: a retry with it answers the first workbench, 200, also when both are under way at once. With another body it is 409 `idempotency_conflict`; when that workbench has been destroyed since, 409 `workbench_deleted`.",
    schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[!-~]{1,128}$' },
  },
} as const satisfies Readonly<Record<string, Parameter>>;
