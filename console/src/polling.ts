import { WorkbenchConnectionError } from '#clients/typescript/src/errors.ts';

/** When the page reads again, in milliseconds. Nothing is read while the page is hidden. */

/** A list changes by other browsers and by the controller. The API names no time for it. */
export const LIST_INTERVAL_MS = 15_000;
/** A workbench that is running or stopped changes rarely. */
export const SETTLED_INTERVAL_MS = 15_000;
/** The durations of five weeks of starts change slowly. */
export const START_TIMES_AGE_MS = 600_000;
/** Output of a workbench that runs. */
export const LOGS_INTERVAL_MS = 3_000;
/** The report of a sweep that the operator has started. */
export const SWEEP_INTERVAL_MS = 2_000;
/** The workbench stops now, or should have stopped. */
export const STOP_INTERVAL_MS = 3_000;
/** How often the page asks whether a server that is gone is back. */
export const HEALTH_INTERVAL_MS = 2_000;
/** The longest wait that the page accepts from the API. */
const RETRY_AFTER_MAX_S = 60;

/**
 * Returns when a workbench is read again.
 * @param retryAfterSeconds of the response; undefined: the workbench is settled
 * @param stopsInMs until its planned stop; undefined: none is planned
 */
export function nextPollMs(retryAfterSeconds: number | undefined, stopsInMs?: number): number {
  if (retryAfterSeconds !== undefined)
    return Math.min(Math.max(retryAfterSeconds, 1), RETRY_AFTER_MAX_S) * 1000;
  return Math.min(Math.max(stopsInMs ?? SETTLED_INTERVAL_MS, STOP_INTERVAL_MS), SETTLED_INTERVAL_MS);
}

/** Whether the server responds. Every request of the page reports its outcome here. */
export class Connection {
  readonly #listeners = new Set<() => void>();
  #isGone = false;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @param error of the request; undefined: the server has responded */
  report(error?: unknown): void {
    const isGone = error instanceof WorkbenchConnectionError;
    // Another error is a response.
    if (isGone === this.#isGone) return;
    this.#isGone = isGone;
    for (const listener of this.#listeners) listener();
  }

  /** Calls the listener after each change. Returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
