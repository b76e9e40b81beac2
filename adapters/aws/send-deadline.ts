import { ageOf, type Clock, momentOf } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';

/**
 * The most time between the start of an effect and its effective call (RunTask, StopInstances, …), in milliseconds. Part
 * of EFFECT_ENDS_WITHIN_MS, the time after which a new attempt is safe.
 */
export const SEND_DEADLINE_MS = 10_000;

/** @throws PortError `throttled` if the deadline has passed; nothing was sent */
export type CheckSendDeadline = (service: string, operation: string) => void;

/**
 * Starts the deadline of an effect that takes several calls. Call the returned function immediately before the effective
 * call: Lambda may freeze a process between two calls for any time, and the effect may be wrong when it resumes.
 */
export function startSendDeadline(clock: Clock): CheckSendDeadline {
  const startedAt = momentOf(clock);
  return (service, operation) => {
    if (ageOf(startedAt, clock) < SEND_DEADLINE_MS) return;
    throw new PortError(
      'throttled',
      `${service} ${operation}: not sent, because the send deadline has passed`,
    );
  };
}
