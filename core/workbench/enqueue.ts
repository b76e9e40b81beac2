import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { WorkbenchKey } from './workbench.ts';

/** Enqueues a workbench. A failed send is reported and not thrown: a sweep enqueues the workbench later. */
export async function enqueue(
  { queue, telemetry }: { readonly queue: WorkQueue; readonly telemetry: Telemetry },
  key: WorkbenchKey,
  delaySeconds: number,
): Promise<void> {
  try {
    await queue.send(key, delaySeconds);
  } catch (error) {
    telemetry.error('could not enqueue a workbench', { workbenchId: key.workbenchId }, error);
    telemetry.count('queue_send_failed', 1);
  }
}
