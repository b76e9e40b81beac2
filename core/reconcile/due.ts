import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';

/**
 * Wakes what is due and nothing else: its cost follows what is unsettled, not what is stored. Makes good for
 * every message that was lost and every process that died between two steps.
 * @param options.limit 1-1,000 keys; what is over is found by the next pass
 * @returns how many keys were sent
 */
export async function reconcileDue(
  ports: {
    readonly workbenches: Pick<WorkbenchStore, 'listDue'>;
    readonly queue: WorkQueue;
    readonly clock: Clock;
    readonly telemetry: Telemetry;
  },
  { limit }: { readonly limit: number },
): Promise<{ readonly woken: number; readonly more: boolean }> {
  const keys = await ports.workbenches.listDue(ports.clock.now(), limit);
  for (const key of keys) await ports.queue.send(key, 0);
  const more = keys.length >= limit;
  if (more) ports.telemetry.warn('more is due than one pass wakes', { woken: keys.length });
  ports.telemetry.count('reconcile_due', keys.length);
  return { woken: keys.length, more };
}
