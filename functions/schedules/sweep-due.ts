import { systemClock } from '#adapters/system-clock.ts';
import { reconcileDue } from '#core/reconcile/sweep-due.ts';
import { workQueue } from '../wiring/queue.ts';
import { openTable, workbenchStore } from '../wiring/table.ts';
import { createHandler } from '../wiring/create-handler.ts';

/** As many are woken in one pass; with a pass each minute that is 60,000 an hour. */
const WOKEN_MAX = 1000;

/** Each minute: wakes what is due. Reads only that, and only writes to the queue. */
export function build(ports: Parameters<typeof reconcileDue>[0]): () => Promise<{ readonly woken: number }> {
  return () => reconcileDue(ports, { limit: WOKEN_MAX });
}

export const handler = createHandler('reconcile-due', (wiring) => {
  const { settings, telemetry } = wiring;
  const ports = {
    workbenches: workbenchStore(openTable(wiring)),
    queue: workQueue(settings.WB_QUEUE_URL),
    clock: systemClock,
    telemetry,
  };
  return build(ports);
});
