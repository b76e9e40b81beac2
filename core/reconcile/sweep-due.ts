import type { Clock } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { WorkbenchKey } from '../workbench/workbench.ts';

/** A key that the queue rejects permanently is sent, and reported, again after an hour. Milliseconds. */
const POSTPONE_MS = 60 * 60 * 1000;

interface Ports {
  readonly workbenches: Pick<WorkbenchStore, 'listDue' | 'postpone'>;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Enqueues the due records and no others, so that its cost depends on the unsettled records, not on the stored ones.
 * Replaces every lost message and continues every workbench whose function ended between two steps. A key that the queue
 * rejects does not affect the others.
 * @param options.limit 1-1,000 keys; the next sweep enqueues the rest
 * @returns how many keys were sent
 */
export async function sweepDue(
  ports: Ports,
  { limit }: { readonly limit: number },
): Promise<{ readonly enqueued: number; readonly more: boolean }> {
  const keys = await ports.workbenches.listDue(ports.clock.now(), limit);
  let enqueued = 0;
  for (const key of keys) if (await enqueueKey(ports, key)) enqueued += 1;
  const more = keys.length >= limit;
  if (more) ports.telemetry.warn('more records are due than one sweep enqueues', { enqueued });
  ports.telemetry.count('due_enqueued', enqueued);
  return { enqueued, more };
}

async function enqueueKey(ports: Ports, key: WorkbenchKey): Promise<boolean> {
  const { queue, telemetry } = ports;
  try {
    await queue.send(key, 0);
    return true;
  } catch (error) {
    telemetry.error('could not enqueue a workbench', { workbenchId: key.workbenchId }, error);
    telemetry.count('queue_send_failed', 1);
    // A PortError is temporary, and the next sweep retries. Any other error is caused by this key.
    if (!(error instanceof PortError)) await postponeKey(ports, key);
    return false;
  }
}

async function postponeKey({ workbenches, clock, telemetry }: Ports, key: WorkbenchKey): Promise<void> {
  const now = clock.now();
  try {
    await workbenches.postpone(key, now, now + POSTPONE_MS);
  } catch (error) {
    telemetry.error('could not postpone a workbench', { workbenchId: key.workbenchId }, error);
  }
}
