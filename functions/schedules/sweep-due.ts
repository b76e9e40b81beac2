import { sweepDue } from '#core/reconcile/sweep-due.ts';

/** The maximum number of workbenches that one sweep enqueues. With a sweep every minute this is 60,000 an hour. */
const ENQUEUED_MAX = 1000;

/** Every minute: enqueues the workbenches that are due. It reads nothing else, and writes only to the queue. */
export function build(ports: Parameters<typeof sweepDue>[0]): () => Promise<{ readonly enqueued: number }> {
  return () => sweepDue(ports, { limit: ENQUEUED_MAX });
}
