import { WorkbenchError } from './errors.ts';
import { ageOf, type Clock, momentOf } from './ports/clock.ts';

/**
 * A request changes no rights and no workbench later than this after it began, milliseconds:
 * docs/decisions/0051-rights-have-a-deadline.md. API Gateway ends a request after 30 s.
 */
const CHANGE_TIME_LIMIT_MS = 30_000;

/** @throws WorkbenchError `unavailable` (`timeout`) if the deadline has passed; the change must not be made */
export type CheckChangeDeadline = () => void;

/**
 * Starts the deadline of a request that changes rights or a workbench. Call the returned function immediately before the write: Lambda may
 * freeze a process before it for any time, and the user may have taken the request back when it resumes.
 */
export function startChangeDeadline(clock: Clock): CheckChangeDeadline {
  const begunAt = momentOf(clock);
  return () => {
    if (ageOf(begunAt, clock) < CHANGE_TIME_LIMIT_MS) return;
    throw new WorkbenchError('unavailable', 'The request took too long. Nothing was changed. Try again.', {
      reason: 'timeout',
    });
  };
}
