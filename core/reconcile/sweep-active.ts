import { missingDrainNotice } from '../machines/drain-machine.ts';
import type { DrainStore } from '../ports/drain-store.ts';
import type { HostFleet } from '../ports/host-fleet.ts';
import { isMissing, type TaskRunner } from '../ports/task-runner.ts';
import type { Observation } from '../workbench/lifecycle/inputs.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import { runOf, type Workbench, type WorkbenchKey } from '../workbench/workbench.ts';
import { readRecords, repairOrReport } from './repair.ts';
import type { ReconcileReport, RepairKind, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts &
  QueuePorts &
  SweepPorts & {
    readonly tasks: Pick<TaskRunner, 'describe'>;
    readonly hosts: Pick<HostFleet, 'describe'>;
    readonly drains: Pick<DrainStore, 'list'>;
  };

/** The function's timeout is five minutes. */
const PAGING = { withinMs: 4 * 60_000, resumable: true };

interface ObservedRecord {
  readonly workbench: Workbench;
  readonly observations: readonly Observation[];
}

/**
 * Compares every active record with its task and host. A running workbench has no pending effect and is never due, so
 * nothing else would notice that its last event was lost. A sweep that was throttled or ran out of time is continued by
 * the next one, so that every record is reached.
 */
export async function sweepActive(ports: Ports, policy: Policy): Promise<ReconcileReport> {
  return runSweep(ports, 'active', async (draft) => {
    const list = (cursor?: string) => ports.workbenches.listActive(cursor);
    await forEachPage(ports, 'active', PAGING, draft, list, async ({ keys }) => {
      for (const observed of await observePage(ports, keys, draft)) {
        draft.checked += 1;
        await applyObservations(ports, policy, observed, draft);
      }
    });
  });
}

/** Reads a page of records, then describes their tasks by one call and their hosts by another. */
async function observePage(
  ports: Ports,
  keys: readonly WorkbenchKey[],
  draft: ReportDraft,
): Promise<readonly ObservedRecord[]> {
  const workbenches: Workbench[] = [];
  for await (const { record } of readRecords(ports, keys, draft, ({ workbenchId }) => workbenchId)) {
    if (record !== undefined && record !== 'unreadable') workbenches.push(record);
  }
  const taskIds = workbenches.flatMap((workbench) => taskIdOf(workbench) ?? []);
  const instanceIds = workbenches.flatMap(({ host }) => host?.instanceId ?? []);
  const tasks = taskIds.length === 0 ? [] : await ports.tasks.describe(taskIds);
  const hosts = instanceIds.length === 0 ? [] : await ports.hosts.describe(instanceIds);
  // After the records: see `missingDrainNotice`.
  const drains = workbenches.length === 0 ? [] : await ports.drains.list();
  return workbenches.map((workbench) => {
    const taskId = taskIdOf(workbench);
    const task = taskId === undefined ? undefined : tasks.find((candidate) => candidate.taskId === taskId);
    const host = hosts.find(({ instanceId }) => instanceId === workbench.host?.instanceId);
    const observations: Observation[] = [];
    // The host comes first, because its observation is only valid for the revision that was read.
    if (host) observations.push({ type: 'host_observed', host, asOfRevision: workbench.revision });
    if (task) {
      observations.push(
        isMissing(task) ? { type: 'task_missing', taskId: task.taskId } : { type: 'task_observed', task },
      );
    }
    const seen = task === undefined || isMissing(task) ? undefined : task.containerInstance;
    const drain = missingDrainNotice(workbench, drains, seen);
    return { workbench, observations: drain === undefined ? observations : [...observations, drain] };
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
    const result = await repairOrReport(ports, policy, current, observation, draft, workbenchId);
    if (result === undefined) return;
    const { workbench: after, repair } = result;
    if (repair !== undefined && after !== undefined)
      draft.add(workbenchId, 'repaired', repairMessage(repair, after), repair);
    current = after;
  }
  const inconclusive = current && inconclusiveReason(current);
  if (inconclusive !== undefined) draft.add(workbenchId, 'inconclusive', inconclusive);
}

function repairMessage(repair: RepairKind, { status }: Workbench): string {
  switch (repair) {
    case 'run_ended':
      return `The record said running, but the run has ended; it is now ${status}.`;
    case 'task_missing':
      return 'The record says running, but its task was not found.';
    case 'drain':
      return 'The record did not know whether an operator empties its machine.';
    default:
      return 'Its host had another state than its record.';
  }
}

/** Why it is not known yet whether a workbench with status `running` really runs. */
function inconclusiveReason(workbench: Workbench): string | undefined {
  if (workbench.status !== 'running') return undefined;
  const { missingSince, agentSilentSince } = workbench.run;
  if (missingSince !== undefined) return 'Its task was not found; its run ends after the timeout.';
  return agentSilentSince === undefined
    ? undefined
    : 'The agent of its instance is disconnected; its run ends after the timeout.';
}
