import type { HostObservation } from '../ports/host-fleet.ts';
import type { TaskObservation } from '../ports/task-runner.ts';
import { findRecord } from './find-record.ts';
import type { NotedEntryType } from './history.ts';
import type { Observation } from './lifecycle/inputs.ts';
import type { Policy } from './lifecycle/policy.ts';
import { type QueuePorts, type RecordPorts, scheduleDrive, updateRecord } from './update-record.ts';
import { keyOf, type Workbench, type WorkbenchKey } from './workbench.ts';

/**
 * Applies a task event to the record. Stale and repeated events, and events of other runs that have ended, change
 * nothing. A live task without a record is reported.
 */
export async function observeTask(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  task: TaskObservation,
): Promise<Workbench | undefined> {
  const workbench = await applyObservation(ports, policy, key, { type: 'task_observed', task });
  if (workbench === undefined && task.status !== 'stopped') {
    ports.telemetry.warn('live task without a record', {
      workbenchId: task.workbenchId,
      taskId: task.taskId,
      runId: task.runId,
    });
    ports.telemetry.count('orphan_task_observed', 1);
  }
  return workbench;
}

/** Applies an event of a host. It is only a hint, because such events carry no version. */
export async function observeHost(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  host: HostObservation,
): Promise<Workbench | undefined> {
  return applyObservation(ports, policy, key, { type: 'host_hint', host });
}

/** Applies the news that AWS is about to end the instance of a task. Repeated news change nothing. */
export async function observeInterruption(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  notice: Omit<Extract<Observation, { readonly type: 'interruption_noticed' }>, 'type'>,
): Promise<Workbench | undefined> {
  return applyObservation(ports, policy, key, { type: 'interruption_noticed', ...notice });
}

/** Applies the news that an operator empties a machine, or no longer does. Repeated news change nothing. */
export async function observeDrain(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  notice: Extract<Observation, { readonly type: 'drain_noticed' | 'drain_ended' }>,
): Promise<Workbench | undefined> {
  return applyObservation(ports, policy, key, notice);
}

/** Adds a history entry for a change outside the record. */
export async function appendToHistory(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  record: Workbench,
  entryType: NotedEntryType,
): Promise<void> {
  const saved = await updateRecord(
    ports,
    policy,
    keyOf(record),
    () => ({ type: 'history_noted', entryType }),
    record,
  );
  if (saved !== undefined) await scheduleDrive(ports, saved);
}

/** How often the owner of a workbench may change while an observation is applied. */
const MOVES_MAX = 3;

async function applyObservation(
  ports: RecordPorts & QueuePorts,
  policy: Policy,
  key: WorkbenchKey,
  observation: Observation,
): Promise<Workbench | undefined> {
  for (let moves = 0; moves <= MOVES_MAX; moves += 1) {
    const found = await findRecord(ports.workbenches, key);
    if (found === undefined) return undefined;
    let before: Workbench | undefined;
    const input = (current: Workbench) => {
      before = current;
      return observation;
    };
    const after = await updateRecord(ports, policy, keyOf(found), input, found);
    // Deleted, or moved since it was read.
    if (after === undefined) continue;
    if (after !== before) await scheduleDrive(ports, after);
    return after;
  }
  return undefined;
}
