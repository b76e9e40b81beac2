import { startChangeDeadline } from '../change-deadline.ts';
import { closedUsage } from '../cost/metering.ts';
import { WorkbenchError, workbenchNotFound } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { QuotaStore } from '../ports/quota-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { UsageEntry, UsageStore } from '../ports/usage-store.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { HistoryStore, WorkbenchStore } from '../ports/workbench-store.ts';
import { HOLDS_NOTHING, heldBy, holdsLess, holdsMore } from '../quotas/held.ts';
import { holdQuota, settleQuota } from '../quotas/hold-quota.ts';
import { enqueue } from './enqueue.ts';
import type { Input, Request } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import { lifecycle } from './lifecycle/step.ts';
import { dueAt, keyOf, OUTBOX_MAX, type Workbench, type WorkbenchKey } from './workbench.ts';
import { toWorkbenchEvents } from './workbench-event.ts';

/** Maximum attempts of a write in case of revision conflicts. After that the request fails with 503. */
const CONFLICT_RETRIES_MAX = 20;

export interface RecordPorts {
  readonly workbenches: WorkbenchStore;
  readonly history: HistoryStore;
  readonly quotas: QuotaStore;
  readonly usage: Pick<UsageStore, 'list'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface QueuePorts {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Reads a record, applies an input and writes the result. On a revision conflict it reads the record and applies the
 * input again: docs/lifecycle.md#revision-guard. What the workbench will hold more than before is added to the ledger of
 * its user before the write; what it holds less is given back after it.
 * @param input returns the input for the record that was just read
 * @param first the record as the caller has already read it; saves the first read
 * @param groups those that the caller proves of the user who owns the workbench afterwards; undefined: none is proved
 * @returns the stored record; undefined if there is none
 * @throws WorkbenchError from the life cycle; `quota_exceeded`; `unavailable` after CONFLICT_RETRIES_MAX revision conflicts
 */
export async function updateRecord(
  ports: RecordPorts,
  policy: Policy,
  key: WorkbenchKey,
  input: (current: Workbench) => Input,
  first?: Workbench,
  groups?: readonly string[],
): Promise<Workbench | undefined> {
  return (await writeRecord(ports, policy, key, input, first, groups)).workbench;
}

export interface RecordUpdate {
  /** The stored record; undefined if there is none. */
  readonly workbench: Workbench | undefined;
  /** The last revision that this call wrote; undefined if the input changed nothing, so that nothing was written. */
  readonly writtenRevision: number | undefined;
}

/** Does the same as `updateRecord`, and also returns what it wrote. */
export async function writeRecord(
  ports: RecordPorts,
  policy: Policy,
  key: WorkbenchKey,
  input: (current: Workbench) => Input,
  first?: Workbench,
  groups?: readonly string[],
): Promise<RecordUpdate> {
  const step = lifecycle(policy);
  let writtenRevision: number | undefined;
  let current = first ?? (await ports.workbenches.read(key));
  for (let tries = 0; tries < CONFLICT_RETRIES_MAX; tries += 1) {
    if (current === undefined) return { workbench: undefined, writtenRevision };
    const now = ports.clock.now();
    const { workbench } = step(current, input(current), now);
    if (workbench === current) return { workbench, writtenRevision };
    if (workbench.outbox.length > OUTBOX_MAX) {
      // Entries may be written before the record, because each has its own sequence number; they must not be lost.
      await appendOutbox(ports, current);
      const before = current;
      current = step(before, { type: 'history_written', through: before.historySeq }, now).workbench;
      const closed = closedUsage(before, current, now);
      const written = await ports.workbenches.update(current, before.revision, closed);
      if (written === 'updated') {
        writtenRevision = current.revision;
        continue;
      }
    } else {
      const isHeld = await holdMore(ports, policy, workbench, current, groups);
      const closed = closedUsage(current, workbench, now);
      const written = await writeTo(ports.workbenches, workbench, current, closed);
      if (written !== 'conflict') {
        await giveBack(ports, workbench, current);
        return { workbench, writtenRevision: workbench.revision };
      }
      if (isHeld) await settleLost(ports, workbench);
    }
    current = await ports.workbenches.read(key);
  }
  throw new WorkbenchError('unavailable', 'The workbench is being changed by other requests. Try again.', {
    reason: 'conflict',
    retryAfterSeconds: 1,
    detail: `${CONFLICT_RETRIES_MAX} revision conflicts on ${key.workbenchId}`,
  });
}

/** Writes the entries of the outbox to the history, with what other systems learn of them. */
export async function appendOutbox(
  { history }: Pick<RecordPorts, 'history'>,
  workbench: Workbench,
): Promise<void> {
  const { workbenchId, outbox } = workbench;
  await history.append(workbenchId, outbox, toWorkbenchEvents(workbench, outbox));
}

/** Adds to the ledger what the record will hold more, or hold for another user. Returns whether it did. */
async function holdMore(
  ports: RecordPorts,
  policy: Policy,
  workbench: Workbench,
  current: Workbench,
  groups: readonly string[] | undefined,
): Promise<boolean> {
  const { userId, workbenchId, revision } = workbench;
  const before = userId === current.userId ? heldBy(current) : HOLDS_NOTHING;
  const held = heldBy(workbench);
  if (!holdsMore(before, held)) return false;
  const hold = { user: { userId, groups }, workbenchId, revision, held, holds: before };
  await holdQuota(ports, policy.quotas, hold);
  return true;
}

/**
 * Corrects the ledger after another request has changed the record first.
 * @param lost the record that was not written. No request can write it any more, because its revision is taken
 */
export async function settleLost(ports: RecordPorts, lost: Workbench): Promise<void> {
  const { userId, workbenchId } = lost;
  const found = await ports.workbenches.read(keyOf(lost));
  const revision = found?.revision ?? lost.revision;
  await settleQuota(ports, { userId, workbenchId, revision, held: found && heldBy(found) });
}

/** Gives back what the record that was written holds less, or no longer for this user. */
async function giveBack(ports: RecordPorts, workbench: Workbench, current: Workbench): Promise<void> {
  const { workbenchId, revision } = workbench;
  const { userId } = current;
  const held = userId === workbench.userId ? heldBy(workbench) : undefined;
  if (holdsLess(heldBy(current), held ?? HOLDS_NOTHING))
    await settleQuota(ports, { userId, workbenchId, revision, held });
}

/** Replaces the record; if it has another owner now, in the place of the old one. */
function writeTo(
  workbenches: WorkbenchStore,
  workbench: Workbench,
  { userId, revision }: Workbench,
  closed: readonly UsageEntry[],
): Promise<'updated' | 'moved' | 'conflict'> {
  return workbench.userId === userId
    ? workbenches.update(workbench, revision, closed)
    : workbenches.move(workbench, userId, revision, closed);
}

/**
 * Enqueues the workbench for its due time, if it has one. A failed send does not fail the caller's request: the due time
 * is in the record, and the reconciler finds it within its next interval.
 */
export async function scheduleDrive(ports: QueuePorts, workbench: Workbench): Promise<void> {
  const due = dueAt(workbench);
  if (due === undefined) return;
  await enqueue(ports, keyOf(workbench), Math.max(0, Math.ceil((due - ports.clock.now()) / 1000)));
}

/**
 * Applies a user's request to the record, then enqueues the workbench. After a freeze the request is not applied, nor again after a
 * revision conflict: its client has got a 503 by then, and may have asked for something else.
 * @param first and groups as for `updateRecord`
 * @throws WorkbenchError from the life cycle; `quota_exceeded`; `unavailable`, also (`timeout`) after 30 s
 */
export async function submitRequest(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  request: (current: Workbench) => Request,
  first?: Workbench,
  groups?: readonly string[],
): Promise<Workbench> {
  let before: Workbench | undefined;
  const checkDeadline = startChangeDeadline(ports.clock);
  const input = (current: Workbench) => {
    checkDeadline();
    before = current;
    return request(current);
  };
  const after = await updateRecord(ports, policy, key, input, first, groups);
  if (after === undefined) throw workbenchNotFound();
  // Enqueued even if nothing changed: a write that was retried after a lost response finds its own change.
  if (after !== before || (dueAt(after) ?? Infinity) <= ports.clock.now()) await scheduleDrive(ports, after);
  return after;
}
