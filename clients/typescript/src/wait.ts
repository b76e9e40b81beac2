import { WorkbenchApiError, WorkbenchConnectionError } from './errors.ts';
import type { Sleep } from './retry.ts';
import type { Workbench } from './workbench.ts';

/** What a caller can wait for. `deleted`: the workbench and its files no longer exist. */
export type WaitTarget = 'running' | 'stopped' | 'deleted';

export interface WaitProgress {
  /** The last state that was read; undefined once the workbench is deleted, or if it could not be read yet. */
  readonly workbench: Workbench | undefined;
  /** Milliseconds since the wait began. */
  readonly elapsedMs: number;
  /** Why the last read failed. The wait continues. */
  readonly problem?: Error;
}

export interface WaitOptions {
  /** Is called after each read. */
  readonly onProgress?: (progress: WaitProgress) => void;
  /** Ends the wait. The workbench continues. */
  readonly signal?: AbortSignal;
  /** Milliseconds. @default 20 minutes */
  readonly timeoutMs?: number;
}

/**
 * The workbench will not get the status without a further request: it failed to start, was stopped or was deleted, or the wait has
 * timed out.
 */
export class WorkbenchWaitError extends Error {
  readonly kind: 'failed' | 'timeout';
  /** The last state that was read. */
  readonly workbench: Workbench | undefined;

  constructor(kind: 'failed' | 'timeout', message: string, workbench: Workbench | undefined) {
    super(message);
    this.name = 'WorkbenchWaitError';
    this.kind = kind;
    this.workbench = workbench;
  }
}

export interface Polled {
  readonly workbench: Workbench;
  /** Seconds; absent once the workbench is settled. */
  readonly retryAfterSeconds: number | undefined;
}

interface WaitSources {
  readonly poll: (signal: AbortSignal | undefined) => Promise<Polled>;
  readonly sleep: Sleep;
  /** Milliseconds, from a clock that is never set. */
  readonly now: () => number;
}

const TIMEOUT_MS = 20 * 60_000;
const INTERVAL_S = 2;

/**
 * Polls a workbench until it has the status, as often as the API asks for with Retry-After.
 * @returns the workbench; undefined for `deleted`
 * @throws WorkbenchWaitError, WorkbenchApiError (not for statuses that pass), the reason of the signal
 */
export async function waitUntil(
  target: WaitTarget,
  { onProgress, signal, timeoutMs = TIMEOUT_MS }: WaitOptions,
  { poll, sleep, now }: WaitSources,
): Promise<Workbench | undefined> {
  const began = now();
  let workbench: Workbench | undefined;
  for (;;) {
    const elapsedMs = now() - began;
    const read = await poll(signal).catch((error: unknown) => toFailure(error, signal));
    let intervalS = INTERVAL_S;
    if (read instanceof Error) {
      const isGone = read instanceof WorkbenchApiError && read.code === 'workbench_not_found';
      if (isGone && target === 'deleted') {
        onProgress?.({ workbench: undefined, elapsedMs });
        return undefined;
      }
      if (isGone) throw new WorkbenchWaitError('failed', 'The workbench no longer exists.', workbench);
      if (!isTransient(read)) throw read;
      onProgress?.({ workbench, elapsedMs, problem: read });
    } else {
      workbench = read.workbench;
      onProgress?.({ workbench, elapsedMs });
      if (workbench.status === target) return workbench;
      const failure = findFailure(target, workbench);
      if (failure !== undefined) throw new WorkbenchWaitError('failed', failure, workbench);
      intervalS = read.retryAfterSeconds ?? INTERVAL_S;
    }
    if (now() - began + intervalS * 1000 > timeoutMs) {
      const status = workbench === undefined ? 'unknown' : describeStatus(workbench);
      throw new WorkbenchWaitError(
        'timeout',
        `After ${Math.round(timeoutMs / 1000)} s the workbench is not ${target}. Its status: ${status}.`,
        workbench,
      );
    }
    await sleep(intervalS * 1000, signal);
  }
}

/** The steps of a workbench that was restarted: it stops first. */
function findFailure(target: WaitTarget, workbench: Workbench): string | undefined {
  const { status, desired_status: desired } = workbench;
  if (target === 'deleted') {
    return desired === 'deleted' ? undefined : 'The workbench is not being deleted.';
  }
  if (desired === 'deleted') return 'The workbench is being deleted.';
  if (desired === target) return undefined;
  if (target === 'running') return `The workbench does not start: ${describeStatus(workbench)}.`;
  return status === 'running' || desired === 'running' ? 'The workbench is not being stopped.' : undefined;
}

/** Returns a status with its reason, for people. */
export function describeStatus({ status, status_detail: detail, status_reason: reason }: Workbench): string {
  const why = reason === undefined ? detail : `${reason.message} (${reason.code})`;
  return why === undefined ? status : `${status}, ${why}`;
}

function toFailure(error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) throw signal.reason;
  if (error instanceof Error) return error;
  throw error;
}

function isTransient(error: Error): boolean {
  if (error instanceof WorkbenchConnectionError) return true;
  return error instanceof WorkbenchApiError && (error.status === 429 || error.status >= 500);
}
