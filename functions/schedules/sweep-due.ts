import { systemClock } from '#adapters/system-clock.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import { createHandler } from '../wiring/create-handler.ts';
import { workQueue } from '../wiring/queue.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';

/** As many are enqueued in one pass; with a pass each minute that is 60,000 an hour. */
const ENQUEUED_MAX = 1000;

/** Each minute: wakes what is due. Reads only that, and only writes to the queue. */
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
