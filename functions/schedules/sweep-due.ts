import { systemClock } from '#adapters/system-clock.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { workQueue } from '../wiring/queue.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';

/** The maximum number of workbenches that one sweep enqueues. With a sweep every minute this is 60,000 an hour. */
const ENQUEUED_MAX = 1000;

/** Every minute: enqueues the workbenches that are due. It reads nothing else, and writes only to the queue. */
export function build(ports: Parameters<typeof sweepDue>[0]): () => Promise<{ readonly enqueued: number }> {
  return () => sweepDue(ports, { limit: ENQUEUED_MAX });
}

export const handler = createHandler('sweep-due', (wiring) => {
  const { settings, telemetry } = wiring;
  const ports = {
    workbenches: workbenchStore(openTable(wiring)),
    queue: workQueue(settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry,
  };
  return build(ports);
});
