import type { components } from './schema.ts';

/** The error codes of the API. A later version of the API may return further ones. */
export type WorkbenchErrorCode = components['schemas']['Error']['error']['code'];

/** The figures of a `quota_exceeded`. */
export type QuotaRefusal = NonNullable<components['schemas']['Error']['error']['quota']>;

/** A response of the API with an error status. */
export class WorkbenchApiError extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** Absent if the response did not come from the controller, for example a 401 of API Gateway. */
  readonly code: WorkbenchErrorCode | undefined;
  /** Narrows the code, for example `token_expired`. */
  readonly reason: string | undefined;
  /** The invalid fields of the request: field → what is expected. Empty for other errors. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of `quota_exceeded`: which limit, what is used and what the request needs. */
  readonly quota: QuotaRefusal | undefined;
  /** After how many seconds the request may be repeated. */
  readonly retryAfterSeconds: number | undefined;
  /** Name it when you report a problem: the log of the controller has it. */
  readonly requestId: string | undefined;

  constructor(response: Response, body: unknown) {
    const error = readError(body);
    super(error.message ?? `The API responded with status ${response.status}.`);
    this.name = 'WorkbenchApiError';
    this.status = response.status;
    this.code = error.code as WorkbenchErrorCode | undefined;
    this.reason = error.reason;
    this.fields = error.fields;
    this.quota = error.quota;
    this.retryAfterSeconds = readRetryAfter(response);
    this.requestId = response.headers.get('x-request-id') ?? undefined;
  }
}

/** No response: the server cannot be reached, or the connection broke. The request may have had its effect. */
export class WorkbenchConnectionError extends Error {
  constructor(url: string, cause: unknown) {
    super(`No response from ${new URL(url).origin}: ${describe(cause)}`, { cause });
    this.name = 'WorkbenchConnectionError';
  }
}

/** Returns the seconds of a Retry-After header, or undefined. A date is not used: clocks differ. */
export function readRetryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after');
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

interface ReadError {
  readonly message?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly quota?: QuotaRefusal;
}

/** The controller sends `{ error: { code, message, … } }`, API Gateway and proxies `{ message }` or any other body. */
function readError(body: unknown): ReadError {
  const { error, message } = readObject(body);
  const found = readObject(error);
  const fields = Object.entries(readObject(found.fields)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const text = found.message ?? message;
  return {
    ...(typeof text === 'string' ? { message: text } : {}),
    ...(typeof found.code === 'string' ? { code: found.code } : {}),
    ...(typeof found.reason === 'string' ? { reason: found.reason } : {}),
    ...(isQuota(found.quota) ? { quota: found.quota } : {}),
    fields: Object.fromEntries(fields),
  };
}

function isQuota(value: unknown): value is QuotaRefusal {
  const { limit, used, requested, scope, unit } = readObject(value);
  const isComplete = [limit, used, requested].every((figure) => typeof figure === 'number');
  return isComplete && typeof scope === 'string' && typeof unit === 'string';
}

function readObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** `fetch` has the reason in the cause of its error. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
