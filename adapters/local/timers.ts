import type { Clock } from '#core/ports/clock.ts';
import { systemClock } from '../system-clock.ts';

/** A clock with timers. Local adapters wait with it, so that tests can control time. */
export interface Timers extends Clock {
  /** Milliseconds on a clock that is never set. Timers follow it. */
  elapsed(): number;
  /** Calls `action` once after `ms` milliseconds. Returns a function that cancels the call. */
  after(ms: number, action: () => void): () => void;
}

/** The time of the system. */
export const systemTimers: Timers = {
  ...systemClock,
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or as soon as one of the signals aborts. */
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

/** Waits for a promise, at most `ms` milliseconds. Returns whether it settled in time. */
export async function settlesWithin(timers: Timers, ms: number, promise: Promise<unknown>): Promise<boolean> {
  const waiting = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const timeout = pause(timers, ms, waiting.signal).then(() => false);
  const inTime = await Promise.race([settled, timeout]);
  waiting.abort();
  return inTime;
}
