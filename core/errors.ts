/**
 * The errors a caller of the API can meet. The codes are part of the contract (docs/api.yaml) and never
 * change their meaning. Message for the user, detail for the log and reason for the metric are three
 * things: only the first and the last ever leave the process in an answer.
 */

/** Every error code the API can answer with. Closed: a new one is a change of the contract. */
export const ERROR_CODES = [
  'invalid_request',
  'forbidden',
  'workbench_not_found',
  'not_stopped',
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
  /** A short machine word that narrows the code (`token_expired`, `user_mismatch`, …); goes to the caller and to metrics. */
  readonly reason?: string;
  /** Which fields of the request were wrong, and how: field path → what is expected. */
  readonly fields?: Readonly<Record<string, string>>;
  /** When the caller should try again, in whole seconds. */
  readonly retryAfterSeconds?: number;
  /** For the log alone; may name internals. Never a secret or a token. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** An error with a code of the contract and a message that says what was wrong and what to do. */
export class WorkbenchError extends Error {
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly fields: Readonly<Record<string, string>> | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: WorkbenchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WorkbenchError';
    this.code = code;
    this.reason = options.reason;
    this.fields = options.fields;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.detail = options.detail;
  }
}

/** 404, for what does not exist and for what belongs to somebody else: existence is not revealed. */
export function workbenchNotFound(): WorkbenchError {
  return new WorkbenchError('workbench_not_found', 'There is no such workbench.');
}

/** 400 naming every bad field at once. */
export function invalidRequest(fields: Readonly<Record<string, string>>): WorkbenchError {
  const names = Object.keys(fields);
  return new WorkbenchError('invalid_request', `The request is not valid: see ${names.join(', ')}.`, {
    fields,
  });
}
