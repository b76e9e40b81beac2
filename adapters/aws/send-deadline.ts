import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';

/**
 * From being asked for an effect to sending the call that has it, in milliseconds. Part of the time after which a new
 * attempt is safe: see EFFECT_ENDS_WITHIN_MS.
 */
export const SEND_DEADLINE_MS = 10_000;

/** @throws PortError `throttled`: it would come late, and nothing was sent */
export type CheckSendDeadline = (service: string, operation: string) => void;

/**
 * Begins to count for an effect that takes several calls. What it answers is called right before the one that counts:
 * a function may be frozen between any two for as long as anybody likes, and what it was about to do may be wrong by
 * the time it wakes.
 */
export function startSendDeadline(clock: Clock): CheckSendDeadline {
  const began = clock.now();
  return (service, operation) => {
    if (clock.now() - began < SEND_DEADLINE_MS) return;
    throw new PortError('throttled', `${service} ${operation}: too late after it was asked for`);
  };
}
