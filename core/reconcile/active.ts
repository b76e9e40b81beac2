import type { HostFleet } from '../ports/host-fleet.ts';
import { isMissing, type TaskRunner } from '../ports/task-runner.ts';
import { type ChangePorts, change, type WakePorts, wake } from '../workbench/change.ts';
import type { Observation } from '../workbench/lifecycle/inputs.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { keyOf, runOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';
import { pagesOf } from './pages.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { reported, type SweepPorts } from './sweep.ts';

type Ports = ChangePorts &
  WakePorts &
  SweepPorts & { readonly tasks: Pick<TaskRunner, 'describe'>; readonly hosts: Pick<HostFleet, 'describe'> };

/**
 * Holds every active record against what is really there: a running workbench owes nothing and is therefore
 * never due, so that the loss of its last event would go unseen for ever.
 */
export async function reconcileActive(ports: Ports, policy: Policy): Promise<ReconcileReport> {
  return reported(ports, 'active', async (draft) => {
    for await (const page of pagesOf((cursor) => ports.workbenches.listActive(cursor))) {
      for (const { workbench, observations } of await look(ports, page.keys, draft)) {
        draft.lookedAt += 1;
        const after = await takeIn(ports, policy, workbench, observations);
        if (after === undefined) continue;
        const why = `It was ${workbench.status}, and is ${after.status} after a look at what is there.`;
        draft.note(workbench.workbenchId, 'repaired', why);
      }
    }
  });
}

/** Reads a page of records and describes their tasks and machines, one call for each kind. */
async function look(
  ports: Ports,
  keys: readonly WorkbenchKey[],
  draft: ReportDraft,
): Promise<readonly { workbench: Workbench; observations: readonly Observation[] }[]> {
  const workbenches: Workbench[] = [];
  for (const key of keys) {
    try {
      const workbench = await ports.workbenches.read(key);
      if (workbench) workbenches.push(workbench);
    } catch (error) {
      // One record that cannot be read must not keep the others from being looked at.
      draft.note(key.workbenchId, 'waits_unreadable', 'Its record cannot be read.');
      ports.telemetry.error('an active record could not be read', { workbenchId: key.workbenchId }, error);
    }
  }
  const taskIds = workbenches.flatMap((workbench) => {
    const run = runOf(workbench);
    return run?.phase === 'accepted' ? [run.taskId] : [];
  });
  const instanceIds = workbenches.flatMap(({ host }) =>
    host?.instanceId === undefined ? [] : [host.instanceId],
  );
  const tasks = taskIds.length === 0 ? [] : await ports.tasks.describe(taskIds);
  const hosts = instanceIds.length === 0 ? [] : await ports.hosts.describe(instanceIds);
  return workbenches.map((workbench) => {
    const run = runOf(workbench);
    const task = run?.phase === 'accepted' ? tasks.find(({ taskId }) => taskId === run.taskId) : undefined;
    const host = hosts.find(({ instanceId }) => instanceId === workbench.host?.instanceId);
    const observations: Observation[] = [];
    if (task) {
      observations.push(
        isMissing(task) ? { type: 'task_missing', taskId: task.taskId } : { type: 'task_observed', task },
      );
    }
    if (host) observations.push({ type: 'host_observed', host });
    return { workbench, observations };
  });
}

/** The record after what was seen, if that changed it. */
async function takeIn(
  ports: ChangePorts & WakePorts,
  policy: Policy,
  workbench: Workbench,
  observations: readonly Observation[],
): Promise<Workbench | undefined> {
  let after: Workbench | undefined = workbench;
  for (const observation of observations) {
    if (after === undefined) break;
    after = await change(ports, policy, keyOf(workbench), () => observation, after);
  }
  if (after === undefined || after === workbench) return undefined;
  await wake(ports, after);
  return after;
}
