import type { Telemetry } from '../ports/telemetry.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import type { IdempotencyStore } from '../ports/workbench-store.ts';
import { type EffectPorts, executeEffect } from './execute-effect.ts';
import { type Effect, pendingEffects } from './lifecycle/effects.ts';
import type { EffectResult } from './lifecycle/inputs.ts';
import { EFFECT_BEGINS_WITHIN_MS, type Policy } from './lifecycle/policy.ts';
import { type RecordPorts, scheduleDrive, updateRecord } from './update-record.ts';
import { keyOf, type Workbench, type WorkbenchKey } from './workbench.ts';

export interface DrivePorts extends RecordPorts, EffectPorts {
  readonly idempotency: IdempotencyStore;
  readonly queue: WorkQueue;
  readonly telemetry: Telemetry;
}

/** The history of a destroyed workbench is kept this long: 30 days, in milliseconds. */
export const HISTORY_RETENTION_AFTER_DELETE_MS = 30 * 24 * 60 * 60 * 1000;

/** Rounds of effects in one call; what is left then is sent to the queue again, so that no call runs for ever. */
const ROUNDS_MAX = 20;

/**
 * No further round begins after this, in milliseconds. A function that drives has a minute, and one slice of a wipe
 * may take 25 s of it.
 */
const ROUNDS_TIME_LIMIT_MS = 20_000;

/**
 * Brings a workbench on its way: reads the record, carries out what it owes, feeds back what was learnt, until
 * there is nothing to do but wait; then asks to be called again when there is. Safe to run twice at once, to be
 * killed anywhere, and to be called for what needs nothing.
 *
 * @throws WorkbenchError or PortError from the store; the caller's queue delivers the key again
 */
export async function drive(ports: DrivePorts, policy: Policy, key: WorkbenchKey): Promise<void> {
  const began = ports.clock.now();
  let readAt = began;
  let read: Workbench | undefined;
  let workbench = await updateRecord(ports, policy, key, (current) => {
    read = current;
    return { type: 'tick' };
  });
  for (let round = 0; workbench !== undefined && round < ROUNDS_MAX; round += 1) {
    const now = ports.clock.now();
    const effects = pendingEffects(workbench, now, policy);
    if (effects.length === 0 || now - began >= ROUNDS_TIME_LIMIT_MS) break;
    const pendingSince = readAt;
    readAt = now;
    workbench = await executeRound(ports, policy, workbench, effects, pendingSince);
  }
  if (workbench === undefined) return;
  const { status } = workbench;
  // Counted at each look, for as long as it lasts: somebody should find out what holds it up.
  if ('overdue' in workbench && workbench.overdue) ports.telemetry.count('overdue', 1, { status });
  const saved = workbench.outbox.length === 0 ? workbench : await writeHistory(ports, policy, workbench);
  // Whoever wrote a time for the next look has also sent a message for it: one chain of messages is enough.
  if (saved !== undefined && saved !== read) await scheduleDrive(ports, saved);
}

/** One round: every effect owed by this revision, then one write with all that was learnt. */
async function executeRound(
  ports: DrivePorts,
  policy: Policy,
  workbench: Workbench,
  effects: readonly Effect[],
  readAt: number,
): Promise<Workbench | undefined> {
  const outcomes: EffectResult[] = [];
  for (const effect of effects) {
    // An effect that begins late may act on a record that has moved on: leave it to the next read.
    if (ports.clock.now() - readAt >= EFFECT_BEGINS_WITHIN_MS) break;
    if (effect.type === 'delete_record') return deleteRecord(ports, policy, workbench);
    const result = await executeEffect(ports, workbench, effect);
    if (result.type === 'effect_failed') reportFailedEffect(ports.telemetry, workbench, effect, result.kind);
    outcomes.push(result);
  }
  if (outcomes.length === 0) return updateRecord(ports, policy, keyOf(workbench), () => ({ type: 'tick' }));
  const { revision } = workbench;
  const input = { type: 'outcomes', revision, outcomes } as const;
  return updateRecord(ports, policy, keyOf(workbench), () => input, workbench);
}

/** The history is written before the record forgets it. */
async function writeHistory(
  ports: RecordPorts,
  policy: Policy,
  workbench: Workbench,
): Promise<Workbench | undefined> {
  await ports.history.append(workbench.workbenchId, workbench.outbox);
  const through = workbench.historySeq;
  return updateRecord(
    ports,
    policy,
    keyOf(workbench),
    () => ({ type: 'history_written', through }),
    workbench,
  );
}

/**
 * The last step of a destroy, when everything else is gone. The idempotency key is closed first: a request that
 * died half-way must not be able to make this workbench again.
 */
async function deleteRecord(
  ports: DrivePorts,
  policy: Policy,
  workbench: Workbench,
): Promise<Workbench | undefined> {
  const { userId, workbenchId, idempotencyKey } = workbench;
  if (idempotencyKey !== undefined) {
    await ports.idempotency.complete(userId, idempotencyKey, workbenchId, 'delete');
  }
  const saved = workbench.outbox.length === 0 ? workbench : await writeHistory(ports, policy, workbench);
  if (saved === undefined) return undefined;
  await ports.history.expire(workbenchId, ports.clock.now() + HISTORY_RETENTION_AFTER_DELETE_MS);
  const deleted = await ports.workbenches.delete(keyOf(saved), saved.revision);
  if (deleted === 'deleted') {
    ports.telemetry.info('workbench deleted', { workbenchId });
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
