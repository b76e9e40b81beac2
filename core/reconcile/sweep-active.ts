import type { HostFleet } from '../ports/host-fleet.ts';
import { isMissing, type TaskRunner } from '../ports/task-runner.ts';
import type { Observation } from '../workbench/lifecycle/inputs.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import { runOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';
import { readRecord, repairOrReport } from './repair.ts';
import type { ReconcileReport, RepairKind, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts &
  QueuePorts &
  SweepPorts & { readonly tasks: Pick<TaskRunner, 'describe'>; readonly hosts: Pick<HostFleet, 'describe'> };

/** A function that audits has five minutes. */
const PAGING = { withinMs: 4 * 60_000, resumable: true };

interface ObservedRecord {
  readonly workbench: Workbench;
  readonly observations: readonly Observation[];
}

/**
 * Holds every active record against what is really there: a running workbench owes nothing and is therefore
 * never due, so that the loss of its last event would go unseen for ever. A pass that follows one that gave way,
 * or had no more time, goes on where that one stopped, so that what comes late in the list has its turn too.
 */
export async function sweepActive(ports: Ports, policy: Policy): Promise<ReconcileReport> {
  return runSweep(ports, 'active', async (draft) => {
    const list = (cursor?: string) => ports.workbenches.listActive(cursor);
    await forEachPage(ports, 'active', PAGING, draft, list, async ({ keys }) => {
      for (const seen of await observePage(ports, keys, draft)) {
        draft.checked += 1;
        await applyObservations(ports, policy, seen, draft);
      }
    });
  });
}

/** Reads a page of records and describes their tasks and machines, one call for each kind. */
async function observePage(
  ports: Ports,
  keys: readonly WorkbenchKey[],
  draft: ReportDraft,
): Promise<readonly ObservedRecord[]> {
  const workbenches: Workbench[] = [];
  for (const key of keys) {
    const workbench = await readRecord(ports, key, draft, key.workbenchId);
    if (workbench !== undefined && workbench !== 'unreadable') workbenches.push(workbench);
  }
  const taskIds = workbenches.flatMap((workbench) => taskIdOf(workbench) ?? []);
  const instanceIds = workbenches.flatMap(({ host }) => host?.instanceId ?? []);
  const tasks = taskIds.length === 0 ? [] : await ports.tasks.describe(taskIds);
  const hosts = instanceIds.length === 0 ? [] : await ports.hosts.describe(instanceIds);
  return workbenches.map((workbench) => {
    const taskId = taskIdOf(workbench);
    const task = taskId === undefined ? undefined : tasks.find((answer) => answer.taskId === taskId);
    const host = hosts.find(({ instanceId }) => instanceId === workbench.host?.instanceId);
    const observations: Observation[] = [];
    // The machine first: what was seen of it holds for the record as it was read.
    if (host) observations.push({ type: 'host_observed', host, asOfRevision: workbench.revision });
    if (task) {
      observations.push(
        isMissing(task) ? { type: 'task_missing', taskId: task.taskId } : { type: 'task_observed', task },
      );
    }
    return { workbench, observations };
  });
}

function taskIdOf(workbench: Workbench): string | undefined {
  const run = runOf(workbench);
  return run?.phase === 'accepted' ? run.taskId : undefined;
}

async function applyObservations(
  ports: Ports,
  policy: Policy,
  { workbench, observations }: ObservedRecord,
  draft: ReportDraft,
): Promise<void> {
  const { workbenchId } = workbench;
  let current: Workbench | undefined = workbench;
  for (const observation of observations) {
    if (current === undefined) return;
    const done = await repairOrReport(ports, policy, current, observation, draft, workbenchId);
    if (done === undefined) return;
    const { workbench: after, repair } = done;
    if (repair !== undefined && after !== undefined)
      draft.add(workbenchId, 'repaired', repairMessage(repair, after), repair);
    current = after;
  }
  const doubt = current && inconclusiveReason(current);
  if (doubt !== undefined) draft.add(workbenchId, 'inconclusive', doubt);
}

function repairMessage(repair: RepairKind, { status }: Workbench): string {
  switch (repair) {
    case 'run_ended':
      return `It was said to be running; its run has ended, and it is ${status}.`;
    case 'task_missing':
      return 'It is said to be running, and its task is not found.';
    default:
      return 'Its machine was not as recorded.';
  }
}

/** Why nothing can be concluded yet of a workbench that is said to be running. */
function inconclusiveReason(workbench: Workbench): string | undefined {
  if (workbench.status !== 'running') return undefined;
  const { missingSince, agentSilentSince } = workbench.run;
  if (missingSince !== undefined) return 'Its task is not found; it counts as lost when that lasts.';
  return agentSilentSince === undefined
    ? undefined
    : 'Its machine is silent; it is given up when that lasts.';
}
