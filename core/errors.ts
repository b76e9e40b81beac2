import type { QuotaRefusal } from './quotas/ledger.ts';

/**
 * The errors that the API returns. The codes are part of the API contract (docs/api.yaml), and their meaning never
 * changes. `message` is for the user, `reason` for the caller's program and for metrics, `detail` for the log.
 * A response contains the message and the reason, never the detail.
 */

/** Every error code of the API. A new code is a change of the API contract. */
export const ERROR_CODES = [
  'invalid_request',
  'forbidden',
  'quota_exceeded',
  'workbench_not_found',
  'machine_not_found',
  'link_not_found',
  'draining',
  'not_stopped',
  'not_running',
  'not_deleted',
  'deleting',
  'idempotency_conflict',
  'workbench_deleted',
  'payload_too_large',
  'unsupported_media_type',
  'cannot_fit',
  'too_many_requests',
  'internal',
  'unavailable',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface WorkbenchErrorOptions {
  /** A short code that narrows the error code (`token_expired`, `user_mismatch`, …). Returned to the caller and used in metrics. */
  readonly reason?: string;
  /** The invalid fields of the request: field path → what is expected. */
  readonly fields?: Readonly<Record<string, string>>;
  /** After how many whole seconds the caller should retry. */
  readonly retryAfterSeconds?: number;
  /** Of `quota_exceeded`: the figures. */
  readonly quota?: QuotaRefusal;
  /** Only for the log. May name internals, never a secret or a token. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** An error with a code of the API contract and a message that says what is wrong and what to do. */
export class WorkbenchError extends Error {
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly fields: Readonly<Record<string, string>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly quota: QuotaRefusal | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: WorkbenchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WorkbenchError';
    this.code = code;
    this.reason = options.reason;
    this.fields = options.fields;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.quota = options.quota;
    this.detail = options.detail;
  }
}

/**
 * 404, both for a workbench that does not exist and for one of another user: the response does not reveal whether it
 * exists.
 */
export function workbenchNotFound(): WorkbenchError {
  return new WorkbenchError('workbench_not_found', 'There is no such workbench.');
}

/** 404 for a machine. Only operators get it. */
export function machineNotFound(): WorkbenchError {
  return new WorkbenchError('machine_not_found', 'There is no such machine. See GET /machines.');
}

/** 409: what was requested is possible only while the workbench runs. */
export function notRunning(): WorkbenchError {
  return new WorkbenchError('not_running', 'The workbench is not running. Start it first.');
}

/** 409: nothing but its deletion is possible. */
export function beingDeletedError(): WorkbenchError {
  return new WorkbenchError('deleting', 'The workbench is being deleted.');
}

/** 400 that names every invalid field at once. */
export function invalidRequest(fields: Readonly<Record<string, string>>): WorkbenchError {
  const names = Object.keys(fields);
  return new WorkbenchError('invalid_request', `The request is not valid: see ${names.join(', ')}.`, {
    fields,
  });
}
