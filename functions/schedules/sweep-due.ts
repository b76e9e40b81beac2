import { sweepDue } from '#core/reconcile/sweep-due.ts';

/** The maximum number of workbenches that one sweep enqueues. With a sweep every minute this is 60,000 an hour. */
const ENQUEUED_MAX = 1000;

const MINUTE = 60_000;
/** Clocks of Lambda are hardly ever set back, so that the second query need not be made every minute. */
const FAR_AHEAD_EVERY_MINUTES = 10;

/**
 * Every minute: enqueues the workbenches that are due. It reads nothing else, and writes only to the queue.
 * @param farAheadEveryMinutes how often it also enqueues those whose due time is too far ahead
 */
export function build(
  ports: Parameters<typeof sweepDue>[0],
  farAheadEveryMinutes = FAR_AHEAD_EVERY_MINUTES,
): () => Promise<{ readonly enqueued: number }> {
  return () => {
    const minute = Math.floor(ports.clock.now() / MINUTE);
    return sweepDue(ports, { limit: ENQUEUED_MAX, farAhead: minute % farAheadEveryMinutes === 0 });
  };
}
