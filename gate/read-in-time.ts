import type { Timers } from '#adapters/local/timers.ts';
import { PortError } from '#core/ports/port-error.ts';

/**
 * Waits for a read, at most `limitMs` milliseconds.
 * @param what what is read, for the message of the error
 * @throws PortError `unavailable` after that time, and the errors of the read
 */
export function readInTime<T>(
  timers: Timers,
  limitMs: number,
  what: string,
  read: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(limitMs, () =>
      reject(new PortError('unavailable', `${what} took too long to read`)),
    );
    read().then(resolve, reject).finally(cancel);
  });
}
