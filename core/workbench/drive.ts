import { openUsage } from '../cost/metering.ts';
import { WorkbenchError } from '../errors.ts';
import type { ActivityStore } from '../ports/activity-store.ts';
import { ageOf, type Moment, momentOf } from '../ports/clock.ts';
import type { ShareStore } from '../ports/share-store.ts';
import type { StartTimesStore } from '../ports/start-times-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { UsageStore } from '../ports/usage-store.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { IdempotencyStore } from '../ports/workbench-store.ts';
import { settleQuota } from '../quotas/hold-quota.ts';
import { type EffectPorts, executeEffect } from './execute-effect.ts';
import { pendingEffects } from './lifecycle/effects.ts';
import type { Effect, EffectResult, Input } from './lifecycle/inputs.ts';
import { EFFECT_BEGINS_WITHIN_MS, type Policy } from './lifecycle/policy.ts';
import { countCompletedStart } from './start-times.ts';
import { appendOutbox, type RecordPorts, scheduleDrive, writeRecord } from './update-record.ts';
import { keyOf, type Workbench, type WorkbenchKey } from './workbench.ts';

export interface DrivePorts extends RecordPorts, EffectPorts {
  readonly idempotency: IdempotencyStore;
  readonly activity: Pick<ActivityStore, 'delete' | 'readEvidence'>;
  readonly shares: Pick<ShareStore, 'deleteAll'>;
  readonly startTimes: Pick<StartTimesStore, 'add'>;
  readonly usage: Pick<UsageStore, 'save' | 'list'>;
  readonly queue: WorkQueue;
  readonly telemetry: Telemetry;
}

/** The retention of a deleted workbench's history: 30 days, in milliseconds. */
export const HISTORY_RETENTION_AFTER_DELETE_MS = 30 * 24 * 60 * 60 * 1000;

/** Maximum rounds of effects in one call. After that the key is sent to the queue again, so that every call ends. */
const ROUNDS_MAX = 20;

/**
 * No further round begins after this, in milliseconds. A driving function has a timeout of at least one minute, and 90 s if
 * it deletes files: deleting one slice of a volume may take 25 s or more.
 */
const ROUNDS_TIME_LIMIT_MS = 20_000;

/** Applies an input to the record of the driven workbench, and writes the result. @param first as for `updateRecord` */
type UpdateRecord = (input: Input, first?: Workbench) => Promise<Workbench | undefined>;

/**
 * Drives a workbench: reads the record, executes its pending effects, writes their outcomes, and repeats this until no
 * effect is pending; then enqueues the key for the next due time. May run twice concurrently, may be killed at any point,
 * and does nothing for a settled workbench. See docs/lifecycle.md#one-drive-step-by-step.
 *
 * @throws WorkbenchError or PortError from the store; the caller's queue then delivers the key again
 */
export async function drive(ports: DrivePorts, policy: Policy, key: WorkbenchKey): Promise<void> {
  const startedAt = momentOf(ports.clock);
  let readAt = startedAt;
  let lastWritten: number | undefined;
  const update: UpdateRecord = async (input, first) => {
    const { workbench, writtenRevision } = await writeRecord(ports, policy, key, () => input, first);
    lastWritten = writtenRevision ?? lastWritten;
    return workbench;
  };
  let workbench = await applyTime(update);
  for (let round = 0; workbench !== undefined && round < ROUNDS_MAX; round += 1) {
    const roundAt = momentOf(ports.clock);
    const effects = pendingEffects(workbench, roundAt.now, policy);
    if (effects.length === 0 || ageOf(startedAt, ports.clock) >= ROUNDS_TIME_LIMIT_MS) break;
    const pendingSince = readAt;
    readAt = roundAt;
    workbench = await executeRound(ports, update, workbench, effects, pendingSince);
  }
  if (workbench === undefined) return;
  const { status } = workbench;
  // Counted each time the workbench is driven while it is overdue, so that the alarm lasts as long as the problem.
  if ('overdue' in workbench && workbench.overdue) ports.telemetry.count('overdue', 1, { status });
  const saved = workbench.outbox.length === 0 ? workbench : await writeHistory(ports, update, workbench);
  // The writer of a due time enqueues the message for it. If this call did not write this revision, it must not enqueue a
  // second one: docs/lifecycle.md#message-chain.
  if (saved !== undefined && saved.revision === lastWritten) await scheduleDrive(ports, saved);
}

/** Applies the passing of time. A quota may refuse only the start that a schedule begins. */
async function applyTime(update: UpdateRecord): Promise<Workbench | undefined> {
  try {
    return await update({ type: 'tick' });
  } catch (error) {
    if (!(error instanceof WorkbenchError) || error.code !== 'quota_exceeded') throw error;
    return update({ type: 'scheduled_start_refused' });
  }
}

/** One round: executes the pending effects of this revision, then writes all outcomes at once. */
async function executeRound(
  ports: DrivePorts,
  update: UpdateRecord,
  workbench: Workbench,
  effects: readonly Effect[],
  readAt: Moment,
): Promise<Workbench | undefined> {
  const outcomes: EffectResult[] = [];
  for (const effect of effects) {
    // The record may have changed since an old read, so effects begin soon after it or are left to the next round.
    if (ageOf(readAt, ports.clock) >= EFFECT_BEGINS_WITHIN_MS) break;
    if (effect.type === 'delete_record') return deleteRecord(ports, update, workbench);
    const result = await executeEffect(ports, workbench, effect);
    if (result.type === 'effect_failed') reportFailedEffect(ports.telemetry, workbench, effect, result.kind);
    outcomes.push(result);
  }
  if (outcomes.length === 0) return applyTime(update);
  return update({ type: 'outcomes', revision: workbench.revision, outcomes }, workbench);
}

/** The history is written before the record forgets it. */
async function writeHistory(
  ports: Pick<DrivePorts, 'history' | 'startTimes' | 'telemetry'>,
  update: UpdateRecord,
  workbench: Workbench,
): Promise<Workbench | undefined> {
  await appendOutbox(ports, workbench);
  await countCompletedStart(ports, workbench);
  for (const { type, code = 'other' } of workbench.outbox) {
    if (type === 'gate_silent') {
      ports.telemetry.warn('workbench runs although the gate did not respond', {
        workbenchId: workbench.workbenchId,
      });
      ports.telemetry.count('gate_silent', 1);
    }
    if (type !== 'start_retried') continue;
    ports.telemetry.info('start retried', { workbenchId: workbench.workbenchId, code });
    ports.telemetry.count('start_retried', 1, { code });
  }
  return update({ type: 'history_written', through: workbench.historySeq }, workbench);
}

/**
 * The last step of a deletion, after everything else was deleted. Completes the idempotency claim first: a create request
 * that was interrupted must not create this workbench again.
 */
async function deleteRecord(
  ports: DrivePorts,
  update: UpdateRecord,
  workbench: Workbench,
): Promise<Workbench | undefined> {
  const { userId, workbenchId, idempotencyKey } = workbench;
  if (idempotencyKey !== undefined) {
    await ports.idempotency.complete(userId, idempotencyKey, workbenchId, 'delete');
  }
  const saved = workbench.outbox.length === 0 ? workbench : await writeHistory(ports, update, workbench);
  if (saved === undefined) return undefined;
  await ports.history.expire(workbenchId, ports.clock.now() + HISTORY_RETENTION_AFTER_DELETE_MS);
  const used = openUsage(saved, ports.clock.now());
  if (used.length > 0) await ports.usage.save(used);
  await ports.activity.delete(workbenchId);
  await ports.shares.deleteAll(workbenchId);
  const deleted = await ports.workbenches.delete(keyOf(saved), saved.revision);
  if (deleted === 'deleted') {
    ports.telemetry.info('workbench deleted', { workbenchId });
    await settleQuota(ports, { userId, workbenchId, revision: saved.revision, held: undefined });
    return undefined;
  }
  return ports.workbenches.read(keyOf(saved));
}

function reportFailedEffect(telemetry: Telemetry, workbench: Workbench, effect: Effect, kind: string): void {
  const { workbenchId, status, failures } = workbench;
  telemetry.warn('effect failed', {
    workbenchId,
    status,
    effect: effect.type,
    kind,
    failures,
  });
  telemetry.count('effect_failed', 1, { effect: effect.type, kind });
}
