import { GROUP_NAME_MAX_BYTES } from '#core/access/grantee.ts';
import { LINK_ID_PATTERN } from '#core/access/share-links.ts';
import { AUDIT_ACTIONS } from '#core/audit/audit-event.ts';
import { MONTH_PATTERN } from '#core/cost/month.ts';
import { WORKBENCH_ID_PATTERN } from '#core/ports/ids.ts';
import { LOG_LINES_MAX } from '#core/ports/run-log-reader.ts';
import { STATUSES } from '#core/workbench/history.ts';
import { LABEL_KEY, LABEL_VALUE_MAX, LABELS_MAX } from '#core/workbench/labels.ts';

/** The forms of user_id and workbench_id. They are checked in queries, tokens, messages and events. */

/** Limited so that its base64url fits a task's `startedBy` (128 characters). */
export const USER_ID_MAX_BYTES = 96;

/** 1-96 bytes of UTF-8 without control characters, U+FFFE and U+FFFF. */
export function isUserId(text: string): boolean {
  if (text === '' || !text.isWellFormed() || CONTROL_CHARACTER.test(text) || FORBIDDEN_BY_SQS.test(text))
    return false;
  return Buffer.byteLength(text, 'utf8') <= USER_ID_MAX_BYTES;
}

/**
 * CONTROL_CHARACTER does not match. For docs/api.yaml, whose readers do not all know `\p{Cc}`. JSON Schema cannot count
 * bytes, nor tell visible characters.
 */
export const NO_CONTROL_PATTERN = '^[^\\x00-\\x1f\\x7f-\\x9f]+$';
const USER_ID_PATTERN = NO_CONTROL_PATTERN.replace(']', '\\ufffe\\uffff]');

/** What functions/middleware/query.ts encodes in a cursor: 38 bytes in base64url. */
const CURSOR_PATTERN = '^[A-Za-z0-9_-]{51}$';

/** Of EC2 (`i-…`), of ECS Anywhere (`mi-…`), and of local mode. */
export const MACHINE_ID_PATTERN = '^[A-Za-z0-9-]{1,64}$';

/** The maximum length of a name, in Unicode code points. */
export const NAME_MAX = 128;

/** The maximum and default number of items in a page of a list. */
export const PAGE_MAX = 100;

/** C0, DEL and C1 control characters. */
export const CONTROL_CHARACTER = /\p{Cc}/u;

/** Characters besides control characters that SQS refuses in a message: a key with one of them could never be sent. */
const FORBIDDEN_BY_SQS = /[\ufffe\uffff]/u;

/** A part of a request besides its body, as docs/api.yaml describes it. functions/middleware parses it. */
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
    description: `The user in whose name the request is made: 1 to ${USER_ID_MAX_BYTES} bytes of UTF-8 without control characters, U+FFFE and U+FFFF, given once. Optional with a token that has a user claim, otherwise required.`,
    schema: { type: 'string', minLength: 1, maxLength: USER_ID_MAX_BYTES, pattern: USER_ID_PATTERN },
    example: 'xyz',
  },
  wid: {
    name: 'wid',
    in: 'path',
    required: true,
    description: 'The id of the workbench. A malformed id gets the same response as an unknown one.',
    schema: { type: 'string', pattern: WORKBENCH_ID_PATTERN.source },
    example: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  },
  machine_id: {
    name: 'machine_id',
    in: 'path',
    required: true,
    description: 'The id of the machine, as `GET /machines` lists it.',
    schema: { type: 'string', pattern: MACHINE_ID_PATTERN },
    example: 'i-0123456789abcdef0',
  },
  limit: {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'Maximum number of items in the page.',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_MAX },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    required: false,
    description: 'The `next_cursor` of the previous page. It is valid for the same user only.',
    schema: { type: 'string', pattern: CURSOR_PATTERN },
  },
  force: {
    name: 'force',
    in: 'query',
    required: false,
    description:
      'Forces the stop if the instance under the workbench does not respond: the controller terminates the instance after a shorter wait. The stop still completes only when the task is known to have ended. On a shared instance this also ends the workbenches of other users, and requires the admin scope.',
    schema: { type: 'boolean', default: false },
  },
  shared: {
    name: 'shared',
    in: 'query',
    required: false,
    description: 'With `true` the list has the workbenches of other users that are shared with the user.',
    schema: { type: 'boolean', default: false },
  },
  deleted: {
    name: 'deleted',
    in: 'query',
    required: false,
    description:
      'With `true` the list has the deleted workbenches of the user that can be restored, and no others. Without it, a list and `GET` of a workbench leave them out.',
    schema: { type: 'boolean', default: false },
  },
  now: {
    name: 'now',
    in: 'query',
    required: false,
    description:
      'With `true` the workbench and its files are deleted at once, even where the installation keeps deleted workbenches. A workbench that is kept already is deleted, too.',
    schema: { type: 'boolean', default: false },
  },
  grantee: {
    name: 'grantee',
    in: 'path',
    required: true,
    description:
      'With whom the workbench is shared: `user:<user id>`, `group:<name of a group>` or `organisation` (every authenticated user, if the installation allows it). Percent-encoded as one segment of the path, as by `encodeURIComponent`. Names are compared exactly.',
    // JSON Schema cannot count bytes: a user id has at most 96 of them, a name of a group 128.
    schema: {
      type: 'string',
      maxLength: 134,
      pattern:
        '^(organisation|user:[^\\x00-\\x1f\\x7f-\\x9f\\ufffe\\uffff]{1,96}|group:[^\\x00-\\x1f\\x7f-\\x9f\\ufffe\\uffff]{1,128})$',
    },
    example: 'user:abc',
  },
  scope: {
    name: 'scope',
    in: 'path',
    required: true,
    description:
      'Whose limits: `installation` (of every user), `group:<name>` (of every user of the group) or `user:<user id>`. Percent-encoded as one segment of the path, as by `encodeURIComponent`.',
    schema: {
      type: 'string',
      maxLength: 134,
      pattern:
        '^(installation|user:[^\\x00-\\x1f\\x7f-\\x9f\\ufffe\\uffff]{1,96}|group:[^\\x00-\\x1f\\x7f-\\x9f\\ufffe\\uffff]{1,128})$',
    },
    example: 'group:research',
  },
  dry_run: {
    name: 'dry_run',
    in: 'query',
    required: false,
    description: 'With `true` nothing is created: the response says what the request would do.',
    schema: { type: 'boolean', default: false },
  },
  link_id: {
    name: 'link_id',
    in: 'path',
    required: true,
    description: 'The id of the link, as the list has it.',
    schema: { type: 'string', pattern: LINK_ID_PATTERN },
    example: '7h2k9qz4v8x1m3np',
  },
  shares: {
    name: 'shares',
    in: 'query',
    required: false,
    description: 'With `true` the shares that the link gave are taken back as well.',
    schema: { type: 'boolean', default: false },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A key that the client chooses for this request. It is stored for 24 hours for this user: a retry with it, even a concurrent one, returns 200 and the workbench of the first request. A request with the same key and another body returns 409 `idempotency_conflict`. If the workbench has been deleted since or has another owner, it returns 409 `workbench_deleted`.',
    schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[!-~]{1,128}$' },
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** `isLabelValue` of core/workbench/labels.ts, for docs/api.yaml. */
export const LABEL_VALUE_PATTERN = `^${NO_CONTROL_PATTERN.slice(1, -3)},]{0,${LABEL_VALUE_MAX}}$`;

const LABEL = `${LABEL_KEY.source.slice(1, -1)}:${LABEL_VALUE_PATTERN.slice(1, -1)}`;

/** The filters of `GET /workbenches`. A workbench must match all of them. */
export const LIST_FILTERS = {
  status: {
    name: 'status',
    in: 'query',
    required: false,
    description: 'Workbenches with this status.',
    schema: { type: 'string', enum: STATUSES },
  },
  name: {
    name: 'name',
    in: 'query',
    required: false,
    description: 'Workbenches with exactly this name.',
    schema: { type: 'string', minLength: 1, maxLength: NAME_MAX },
  },
  q: {
    name: 'q',
    in: 'query',
    required: false,
    description:
      'Workbenches whose name, id or value of a label contains this text. Upper and lower case are the same.',
    schema: { type: 'string', minLength: 1, maxLength: NAME_MAX },
  },
  label: {
    name: 'label',
    in: 'query',
    required: false,
    description:
      'Workbenches with this label: `key:value`. Several are separated by commas; a workbench must have all of them.',
    schema: { type: 'string', pattern: `^${LABEL}(,${LABEL}){0,${LABELS_MAX - 1}}$` },
    example: 'team:research',
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** The pages of `GET /workbenches/{wid}/logs`. */
export const LOG_PARAMETERS = {
  limit: {
    name: 'limit',
    in: 'query',
    required: false,
    description: 'Maximum number of lines in the page.',
    schema: { type: 'integer', minimum: 1, maximum: LOG_LINES_MAX, default: LOG_LINES_MAX },
  },
  newest: {
    name: 'newest',
    in: 'query',
    required: false,
    description:
      'With `true` the first page has the newest lines instead of the oldest. Not used with `cursor`.',
    schema: { type: 'boolean', default: false },
  },
  cursor: {
    name: 'cursor',
    in: 'query',
    required: false,
    description:
      'The `next_cursor` of the previous page. After a restart of the workbench the next page begins with the output of the new run.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{12,400}$' },
  },
} as const satisfies Readonly<Record<string, Parameter>>;

const EVENT_TIME = {
  in: 'query',
  required: false,
  schema: { type: 'string', format: 'date-time' },
} as const;

/** Two user ids, all of whose characters may be escaped in JSON, and the id of a workbench, in base64. */
export const USAGE_CURSOR_MAX_LENGTH = 800;

/** Of `GET /usage`. */
export const USAGE_PARAMETERS = {
  month: {
    name: 'month',
    in: 'query',
    required: false,
    description: 'The month (UTC), by default the present one.',
    schema: { type: 'string', pattern: MONTH_PATTERN.source },
    example: '2030-01',
  },
  format: {
    name: 'format',
    in: 'query',
    required: false,
    description: 'By default what `Accept` asks for, otherwise JSON.',
    schema: { type: 'string', enum: ['json', 'csv'] },
  },
  by: {
    name: 'by',
    in: 'query',
    required: false,
    description: 'What a line of CSV is about. JSON has all of them.',
    schema: { type: 'string', enum: ['workbench', 'user', 'day'], default: 'workbench' },
  },
  group: {
    name: 'group',
    in: 'query',
    required: false,
    description:
      'For administrators: the users in this group, instead of one user. Not together with `all=true`.',
    schema: { type: 'string', minLength: 1, maxLength: GROUP_NAME_MAX_BYTES, pattern: USER_ID_PATTERN },
  },
  all: {
    name: 'all',
    in: 'query',
    required: false,
    description: 'With `true`, for administrators: all users, instead of one.',
    schema: { type: 'boolean', default: false },
  },
  cursor: {
    ...PARAMETERS.cursor,
    schema: { type: 'string', pattern: `^[A-Za-z0-9_-]{1,${USAGE_CURSOR_MAX_LENGTH}}$` },
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** The filters of `GET /audit`. */
export const AUDIT_PARAMETERS = {
  user_id: {
    ...PARAMETERS.user_id,
    description:
      'Events that concern this user: who acted, in whose name, whose workbench it is, or whose rights change.',
  },
  workbench_id: {
    name: 'workbench_id',
    in: 'query',
    required: false,
    description: 'Events that concern this workbench.',
    schema: PARAMETERS.wid.schema,
  },
  action: {
    name: 'action',
    in: 'query',
    required: false,
    description: 'Events of this action.',
    schema: { type: 'string', enum: AUDIT_ACTIONS.filter((action) => action !== 'unknown') },
  },
  from: { name: 'from', ...EVENT_TIME, description: 'Events at this time or later.' },
  to: { name: 'to', ...EVENT_TIME, description: 'Events before this time.' },
  limit: PARAMETERS.limit,
  cursor: {
    name: 'cursor',
    in: 'query',
    required: false,
    description: 'The `next_cursor` of the previous page, with the same filters.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{3,54}$' },
  },
} as const satisfies Readonly<Record<string, Parameter>>;
