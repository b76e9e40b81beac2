import type { ErrorCode } from '#core/errors.ts';

const HTTP_STATUS_CODES: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  forbidden: 403,
  quota_exceeded: 403,
  workbench_not_found: 404,
  machine_not_found: 404,
  link_not_found: 404,
  draining: 409,
  not_stopped: 409,
  not_running: 409,
  not_deleted: 409,
  deleting: 409,
  idempotency_conflict: 409,
  workbench_deleted: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  cannot_fit: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
};

/** The HTTP status of a response with this error code. */
export function httpStatusOf(code: ErrorCode): number {
  return HTTP_STATUS_CODES[code];
}
