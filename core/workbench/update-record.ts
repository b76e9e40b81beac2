import { WorkbenchError, workbenchNotFound } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { HistoryStore, WorkbenchStore } from '../ports/workbench-store.ts';
import type { Input, Request } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import { lifecycle } from './lifecycle/step.ts';
import { dueAt, keyOf, OUTBOX_MAX, type Workbench, type WorkbenchKey } from './workbench.ts';

/** How often a write that met another's is tried again before the caller is told to come back. */
const CONFLICT_RETRIES_MAX = 20;

export interface RecordPorts {
  readonly workbenches: WorkbenchStore;
  readonly history: HistoryStore;
  readonly clock: Clock;
}

export interface QueuePorts {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Reads a record, takes an input in and writes the result, again from the read if somebody else wrote meanwhile.
 * @param input what to take in, given the record as just read
 * @param first the record as the caller already read it: saves the first read
 * @returns the record as it now stands; undefined when there is none
 * @throws WorkbenchError from the life cycle; `unavailable` when others keep writing
 */
export async function updateRecord(
  ports: RecordPorts,
  policy: Policy,
  key: WorkbenchKey,
  input: (current: Workbench) => Input,
  first?: Workbench,
): Promise<Workbench | undefined> {
  const step = lifecycle(policy);
  let current = first ?? (await ports.workbenches.read(key));
  for (let tries = 0; tries < CONFLICT_RETRIES_MAX; tries += 1) {
    if (current === undefined) return undefined;
    const now = ports.clock.now();
    const { workbench } = step(current, input(current), now);
    if (workbench === current) return current;
    if (workbench.outbox.length > OUTBOX_MAX) {
      // Writing entries early is harmless (each under its own number); losing them would not be.
      await ports.history.append(workbench.workbenchId, current.outbox);
      current = step(current, { type: 'history_written', through: current.historySeq }, now).workbench;
      const written = await ports.workbenches.update(current, current.revision - 1);
      if (written === 'updated') continue;
    } else {
      const written = await ports.workbenches.update(workbench, current.revision);
      if (written === 'updated') return workbench;
    }
    current = await ports.workbenches.read(key);
  }
  throw new WorkbenchError('unavailable', 'The workbench is being changed by others just now. Try again.', {
    reason: 'conflict',
    retryAfterSeconds: 1,
    detail: `${CONFLICT_RETRIES_MAX} revision conflicts on ${key.workbenchId}`,
  });
}

/**
 * Sends the key to whoever drives, if anything is owed. The record already says what is owed, so that a
 * message that cannot be sent costs one interval of the reconciler and must not fail the caller's request.
 */
export async function scheduleDrive(ports: QueuePorts, workbench: Workbench): Promise<void> {
  const due = dueAt(workbench);
  if (due === undefined) return;
  try {
    await ports.queue.send(keyOf(workbench), Math.max(0, Math.ceil((due - ports.clock.now()) / 1000)));
  } catch (error) {
    ports.telemetry.error('could not enqueue a workbench', { workbenchId: workbench.workbenchId }, error);
    ports.telemetry.count('queue_send_failed', 1);
  }
}

/** A user's request: the intent is written, then whoever drives is enqueued. */
export async function submitRequest(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  request: (current: Workbench) => Request,
): Promise<Workbench> {
  let before: Workbench | undefined;
  const after = await updateRecord(ports, policy, key, (current) => {
    before = current;
    return request(current);
  });
  if (after === undefined) throw workbenchNotFound();
  // Also when nothing changed: a write repeated after a lost answer finds its own change already made.
  if (after !== before || (dueAt(after) ?? Infinity) <= ports.clock.now()) await scheduleDrive(ports, after);
  return after;
}
