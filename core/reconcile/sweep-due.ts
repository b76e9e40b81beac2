import type { Clock } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import type { WorkbenchKey } from '../workbench/workbench.ts';

/** A key that the queue rejects permanently is sent, and reported, again after an hour. Milliseconds. */
const POSTPONE_MS = 60 * 60 * 1000;

/**
 * A record that is due later than this was written before the clock was set back, or waits for long: for a time of day that
 * users know, such as the end of a deleted workbench, or for a setting that makes a wait longer. Then the drive changes nothing.
 * Longer than a record is postponed, in milliseconds.
 */
export const FAR_AHEAD_MS = POSTPONE_MS + 5 * 60 * 1000;

export interface DueSweepOptions {
  /** 1-1,000 keys of each kind; the next sweep enqueues the rest. */
  readonly limit: number;
  /** Also enqueues the records whose due time is too far ahead: one more query for each shard of the index. @default false */
  readonly farAhead?: boolean;
}

interface Ports {
  readonly workbenches: Pick<WorkbenchStore, 'listDue' | 'listDueAfter' | 'postpone'>;
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Enqueues the due records and no others, so that its cost depends on the unsettled records, not on the stored ones.
 * Replaces every lost message and continues every workbench whose function ended between two steps. A key that the queue
 * rejects does not affect the others.
 * @returns how many keys were sent, and whether more are due
 */
export async function sweepDue(
  ports: Ports,
  { limit, farAhead = false }: DueSweepOptions,
): Promise<{ readonly enqueued: number; readonly more: boolean }> {
  const { workbenches, clock, telemetry } = ports;
  const keys = await workbenches.listDue(clock.now(), limit);
  const far = farAhead ? await workbenches.listDueAfter(clock.now() + FAR_AHEAD_MS, limit) : [];
  if (far.length > 0)
    telemetry.info('records that are due much later are driven, in case the clock was set back', {
      count: far.length,
    });
  const enqueued = await enqueueKeys(ports, keys);
  const more = keys.length >= limit;
  if (more) telemetry.warn('more records are due than one sweep enqueues', { enqueued });
  telemetry.count('due_enqueued', enqueued);
  return { enqueued: enqueued + (await enqueueKeys(ports, far)), more };
}

/**
 * Enqueues the records that have a due time, now or later. For a process that notices that its clock was set: a message that
 * was sent before may arrive before the due time.
 * @param options.limit 1-1,000 keys; sweeps enqueue the rest when they are due
 * @returns how many keys were sent
 */
export async function enqueueUnsettled(
  ports: Ports,
  { limit }: { readonly limit: number },
): Promise<{ readonly enqueued: number }> {
  return { enqueued: await enqueueKeys(ports, await ports.workbenches.listDueAfter(0, limit)) };
}

/** Returns how many keys the queue has taken. */
async function enqueueKeys(ports: Ports, keys: readonly WorkbenchKey[]): Promise<number> {
  let enqueued = 0;
  for (const key of keys) if (await enqueueKey(ports, key)) enqueued += 1;
  return enqueued;
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
