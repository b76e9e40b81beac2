import type { Clock } from '#core/ports/clock.ts';

/** A clock that also calls back: what local adapters wait with, so that tests can move time by hand. */
export interface Timers extends Clock {
  /** Calls `action` once, `ms` milliseconds from now, unless the answered function is called before. */
  after(ms: number, action: () => void): () => void;
}

/** The machine's own time. */
export const systemTimers: Timers = {
  now: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds of these timers, or as soon as one of the signals aborts. */
export function pause(timers: Timers, ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some((signal) => signal.aborted)) {
      resolve();
      return;
    }
    const end = () => {
      cancel();
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(ms, end);
    for (const signal of signals) signal.addEventListener('abort', end);
  });
}

/** Waits for a promise, but no longer than `ms` milliseconds; answers whether it settled in time. */
export async function settlesWithin(timers: Timers, ms: number, promise: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = pause(timers, ms, waiting.signal).then(() => false);
  const answer = await Promise.race([settled, late]);
  waiting.abort();
  return answer;
}
