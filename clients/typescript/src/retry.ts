import { readRetryAfter, WorkbenchConnectionError } from './errors.ts';

/** Waits; rejects with the reason of the signal if it is aborted. */
export type Sleep = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

export interface RetryOptions {
  /** How often a request is sent at most. @default 4 */
  readonly attempts?: number;
  /** The longest wait between two attempts, milliseconds. A longer Retry-After is not waited for. @default 30,000 */
  readonly maxDelayMs?: number;
}

export interface RetrySources {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly sleep: Sleep;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
}

const FIRST_DELAY_MS = 500;

/**
 * Returns a fetch that repeats requests which can have an effect only once: after a broken connection, 429, 502, 503 and 504.
 * Waits as long as Retry-After says, otherwise with exponential backoff and jitter.
 */
export function retryingFetch(
  { attempts = 4, maxDelayMs = 30_000 }: RetryOptions,
  { fetch, sleep, random }: RetrySources,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const repeatable = isRepeatable(request);
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attempts;
      let response: Response | undefined;
      let failure: unknown;
      try {
        // The body of a request can be read once.
        response = await fetch(isLast ? request : request.clone());
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        failure = error;
      }
      const refusedEarly = response?.status === 429;
      const mayRetry = !isLast && (repeatable || refusedEarly) && (!response || isTransient(response));
      const delay = mayRetry ? delayOf(attempt, response, random) : undefined;
      if (delay === undefined || delay > maxDelayMs) {
        if (response !== undefined) return response;
        throw new WorkbenchConnectionError(request.url, failure);
      }
      // Not awaited: a body that another reader shares would never end.
      response?.body?.cancel().catch(() => {});
      await sleep(delay, request.signal);
    }
  };
}

/** A restart ends the run of the workbench each time. All other requests have the same effect when they are repeated. */
function isRepeatable({ method, headers, url }: Request): boolean {
  if (method !== 'POST') return true;
  return headers.has('idempotency-key') || /\/(?:start|stop|open)$/.test(new URL(url).pathname);
}

function isTransient({ status }: Response): boolean {
  return status === 429 || (status >= 502 && status <= 504);
}

function delayOf(attempt: number, response: Response | undefined, random: () => number): number {
  const retryAfter = response && readRetryAfter(response);
  if (retryAfter !== undefined) return retryAfter * 1000;
  const ceiling = FIRST_DELAY_MS * 2 ** (attempt - 1);
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** The timer of Node.js and browsers. */
export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
