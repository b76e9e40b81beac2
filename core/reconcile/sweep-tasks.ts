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
import { readRecord, repairOrReport } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts & QueuePorts & SweepPorts & { readonly tasks: Pick<TaskRunner, 'list' | 'stop'> };

/** Two sweeps share the five minutes of a function. */
const PAGING = { withinMs: 90_000, resumable: true };
const DELETION_TIME_LIMIT_MS = 140_000;

/**
 * The cloud first: every live task of ours, held against the record it names. One that a record does not know
 * is told to it, and the life cycle stops it; one without a record is an orphan. Both end, so that one brake holds for
 * both: in a table that is older than the world there are records, and they know of nothing that runs.
 */
export async function sweepTasks(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return runSweep(ports, 'tasks', async (draft) => {
    const unwanted: Orphan[] = [];
    const list = (cursor?: string) => ports.tasks.list(cursor);
    await forEachPage(ports, 'tasks', PAGING, draft, list, async ({ tasks }) => {
      for (const task of tasks) {
        draft.checked += 1;
        const found = await checkTask(ports, policy, task, draft);
        if (found) unwanted.push(found);
      }
    });
    await deleteOrphans(ports, { ...settings, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS }, unwanted, draft);
  });
}

async function checkTask(
  ports: Ports,
  policy: Policy,
  task: TaskObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  const { taskId, workbenchId } = task;
  const record = await readRecord(ports, task, draft, taskId);
  if (record === 'unreadable') return undefined;
  if (record === undefined) return toOrphan(ports, task, draft);
  if (isKnownTask(record, taskId)) return undefined;
  if (isUnexpectedTask(ports, policy, record, task)) return toUnexpectedTask(ports, policy, task, draft);
  // What its record has room for no more, what a start without an answer has come to, what runs no more.
  const done = await repairOrReport(ports, policy, record, { type: 'task_observed', task }, draft, taskId);
  if (done?.repair !== undefined) draft.add(taskId, 'repaired', notKnownMessage(workbenchId), done.repair);
  else if (done?.workbench !== undefined && isOverUnexpectedTasksMax(done.workbench, taskId))
    draft.add(taskId, 'deferred', othersFirstMessage(workbenchId));
  return undefined;
}

function toOrphan(ports: Ports, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId, createdAt } = task;
  return {
    id: taskId,
    createdAt,
    why: `Its workbench ${workbenchId} is no more.`,
    kind: 'orphan_task',
    recheck: async () => {
      const record = await readRecord(ports, task, draft, taskId);
      if (record === 'unreadable') return 'skip';
      return record === undefined ? 'orphaned' : 'referenced';
    },
    delete: async () => {
      await ports.tasks.stop(taskId, 'its workbench is no more');
      return { what: 'deleted' };
    },
  };
}

/** Whatever its age: its record is there, and would know it. */
function toUnexpectedTask(ports: Ports, policy: Policy, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId } = task;
  let record: Workbench | undefined;
  const recheck = async (): Promise<RecheckResult> => {
    const read = await readRecord(ports, task, draft, taskId);
    // Without a record it is an orphan, and its age counts: that is for the next sweep.
    if (read === 'unreadable' || read === undefined) return 'skip';
    record = read;
    const run = runOf(read);
    if (run?.phase === 'accepted' && run.taskId === taskId) return 'referenced';
    return isKnownTask(read, taskId) ? 'skip' : 'orphaned';
  };
  const remove = async (): Promise<DeletionResult | undefined> => {
    if (record === undefined) return undefined;
    const done = await repairOrReport(ports, policy, record, { type: 'task_observed', task }, draft, taskId);
    if (done?.workbench === undefined) return undefined;
    if (done.repair !== undefined) return { what: 'repaired' };
    if (!isOverUnexpectedTasksMax(done.workbench, taskId)) return undefined;
    return { what: 'deferred', why: othersFirstMessage(workbenchId) };
  };
  const why = notKnownMessage(workbenchId);
  return { id: taskId, createdAt: undefined, why, kind: 'unexpected_task', recheck, delete: remove };
}

/** Whether the life cycle, told of it, would have it stopped. */
function isUnexpectedTask(ports: Ports, policy: Policy, record: Workbench, task: TaskObservation): boolean {
  const input = { type: 'swept', observation: { type: 'task_observed', task } } as const;
  const { workbench } = lifecycle(policy)(record, input, ports.clock.now());
  return workbench.unexpectedTasks.some(({ taskId }) => taskId === task.taskId);
}

/** It is the run's, or noted as one to be ended, or the last run's, of which the end is known. */
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

function notKnownMessage(workbenchId: string): string {
  return `Its workbench ${workbenchId} did not know it.`;
}

function othersFirstMessage(workbenchId: string): string {
  return `Its workbench ${workbenchId} has others to end first.`;
}
