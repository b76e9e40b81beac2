import type { TaskObservation, TaskRunner } from '../ports/task-runner.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { lifecycle } from '../workbench/lifecycle/step.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import { runOf, UNEXPECTED_TASKS_MAX, type Workbench } from '../workbench/workbench.ts';
import {
  type DeletionResult,
  deleteOrphans,
  type Orphan,
  type RecheckResult,
  type SweepSettings,
} from './orphans.ts';
import { readRecord, readRecords, repairOrReport } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts & QueuePorts & SweepPorts & { readonly tasks: Pick<TaskRunner, 'list' | 'stop'> };

/** Two sweeps share a function with a timeout of five minutes. */
const PAGING = { withinMs: 90_000, resumable: true };
const DELETION_TIME_LIMIT_MS = 140_000;

/**
 * Lists every live task of this installation, then reads the record that it names. An unexpected task is added to its
 * record, whose effects stop it; a task without a record is an orphan and is stopped. One deletion limit applies to both:
 * the records of a restored table exist, but know none of the tasks that run now.
 */
export async function sweepTasks(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return runSweep(ports, 'tasks', async (draft) => {
    const orphans: Orphan[] = [];
    const list = (cursor?: string) => ports.tasks.list(cursor);
    await forEachPage(ports, 'tasks', PAGING, draft, list, async ({ tasks }) => {
      for await (const { item, record } of readRecords(ports, tasks, draft, ({ taskId }) => taskId)) {
        draft.checked += 1;
        const orphan = await checkTask(ports, policy, item, record, draft);
        if (orphan) orphans.push(orphan);
      }
    });
    await deleteOrphans(ports, { ...settings, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS }, orphans, draft);
  });
}

async function checkTask(
  ports: Ports,
  policy: Policy,
  task: TaskObservation,
  record: Workbench | undefined | 'unreadable',
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  const { taskId, workbenchId } = task;
  if (record === 'unreadable') return undefined;
  if (record === undefined) return toOrphan(ports, task, draft);
  if (isKnownTask(record, taskId)) return undefined;
  if (isUnexpectedTask(ports, policy, record, task)) return toUnexpectedTask(ports, policy, task, draft);
  // The rest ends no task: an unexpected task beyond UNEXPECTED_TASKS_MAX, the task of an issued run whose RunTask response
  // was lost, or a task that has stopped.
  const observation = { type: 'task_observed', task } as const;
  const result = await repairOrReport(ports, policy, record, observation, draft, taskId);
  if (result?.repair !== undefined)
    draft.add(taskId, 'repaired', unexpectedTaskMessage(workbenchId), result.repair);
  else if (result?.workbench !== undefined && isOverUnexpectedTasksMax(result.workbench, taskId))
    draft.add(taskId, 'deferred', listFullMessage(workbenchId));
  return undefined;
}

function toOrphan(ports: Ports, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId, createdAt } = task;
  return {
    id: taskId,
    createdAt,
    why: `Its workbench ${workbenchId} does not exist.`,
    kind: 'orphan_task',
    recheck: async () => {
      const record = await readRecord(ports, task, draft, taskId);
      if (record === 'unreadable') return 'skip';
      return record === undefined ? 'orphaned' : 'referenced';
    },
    delete: async () => {
      await ports.tasks.stop(taskId, 'workbench does not exist');
      return { what: 'deleted' };
    },
  };
}

/** No grace period applies: its record exists and would know a young task. */
function toUnexpectedTask(ports: Ports, policy: Policy, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId } = task;
  let record: Workbench | undefined;
  const recheck = async (): Promise<RecheckResult> => {
    const read = await readRecord(ports, task, draft, taskId);
    // Without a record it is an orphan, to which the grace period applies. The next sweep handles it.
    if (read === 'unreadable' || read === undefined) return 'skip';
    record = read;
    const run = runOf(read);
    if (run?.phase === 'accepted' && run.taskId === taskId) return 'referenced';
    return isKnownTask(read, taskId) ? 'skip' : 'orphaned';
  };
  const addToRecord = async (): Promise<DeletionResult | undefined> => {
    if (record === undefined) return undefined;
    const observation = { type: 'task_observed', task } as const;
    const result = await repairOrReport(ports, policy, record, observation, draft, taskId);
    if (result?.workbench === undefined) return undefined;
    if (result.repair !== undefined) return { what: 'repaired' };
    if (!isOverUnexpectedTasksMax(result.workbench, taskId)) return undefined;
    return { what: 'deferred', why: listFullMessage(workbenchId) };
  };
  const why = unexpectedTaskMessage(workbenchId);
  return { id: taskId, createdAt: undefined, why, kind: 'unexpected_task', recheck, delete: addToRecord };
}

/** Whether the life cycle would add the task to the record as an unexpected task and stop it. */
function isUnexpectedTask(ports: Ports, policy: Policy, record: Workbench, task: TaskObservation): boolean {
  const input = { type: 'swept', observation: { type: 'task_observed', task } } as const;
  const { workbench } = lifecycle(policy)(record, input, ports.clock.now());
  return workbench.unexpectedTasks.some(({ taskId }) => taskId === task.taskId);
}

/** Whether the record knows the task: as the run's, as an unexpected task, or as the last finished run's. */
function isKnownTask(record: Workbench, taskId: string): boolean {
  const run = runOf(record);
  if (run?.phase === 'accepted' && run.taskId === taskId) return true;
  return (
    record.lastTaskId === taskId ||
    record.unexpectedTasks.some((unexpectedTask) => unexpectedTask.taskId === taskId)
  );
}

function isOverUnexpectedTasksMax(record: Workbench, taskId: string): boolean {
  return record.unexpectedTasks.length >= UNEXPECTED_TASKS_MAX && !isKnownTask(record, taskId);
}

function unexpectedTaskMessage(workbenchId: string): string {
  return `It does not belong to the current run of its workbench ${workbenchId}.`;
}

function listFullMessage(workbenchId: string): string {
  return `Its workbench ${workbenchId} stops ${UNEXPECTED_TASKS_MAX} other unexpected tasks first.`;
}
