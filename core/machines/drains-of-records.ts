import type { MachineDrain } from '../ports/drain-store.ts';
import { containerInstanceIdOf } from '../ports/task-runner.ts';
import { isDrained } from '../workbench/lifecycle/interruption.ts';
import { runOf, type Workbench } from '../workbench/workbench.ts';
import { type DrainObservation, drainNotice } from './drain-machine.ts';

/**
 * Returns what the record does not know yet of the drain of its machine; undefined if it knows. The record must have been
 * read before the drains, so that a drain that it knows and that is not in the list was taken back.
 * @param containerInstance that of the task, as just read; absent: as the record knows it
 */
export function missingDrainNotice(
  workbench: Workbench,
  drains: readonly MachineDrain[],
  containerInstance?: string,
): DrainObservation | undefined {
  const { host, revision: asOfRevision } = workbench;
  const run = runOf(workbench);
  if (host !== undefined) {
    if (host.instanceId === undefined) return undefined;
    const on = { kind: 'host', instanceId: host.instanceId } as const;
    const drain = drains.find(({ machineId }) => machineId === host.instanceId);
    if (drain !== undefined) return { ...drainNotice(on, drain), asOfRevision };
    return isDrained(workbench) ? { type: 'drain_ended', on, asOfRevision } : undefined;
  }
  if (run?.phase !== 'accepted') return undefined;
  const on = { kind: 'task', taskId: run.taskId } as const;
  const known =
    containerInstance === undefined ? run.containerInstance : containerInstanceIdOf(containerInstance);
  // In local mode neither the task nor the drain names a container instance.
  const drain = drains.find(({ dedicated, containerInstance: drained }) => !dedicated && drained === known);
  if (drain !== undefined) return { ...drainNotice(on, drain), asOfRevision };
  return isDrained(workbench) ? { type: 'drain_ended', on, asOfRevision } : undefined;
}
