import type { TaskObservation, TaskRunner } from '../ports/task-runner.ts';
import type { ChangePorts, WakePorts } from '../workbench/update-record.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { lifecycle } from '../workbench/lifecycle/step.ts';
import { runOf, STRAYS_MAX, type Workbench } from '../workbench/workbench.ts';
import { type RecheckResult, type Orphan, type DeletionResult, removeOrphans, type SweepSettings } from './orphans.ts';
import { readRecord } from './repair.ts';
import { putRightOrNote } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { runSweep, type SweepPorts } from './sweep.ts';
import { forEachPage } from './sweep.ts';

type Ports = ChangePorts & WakePorts & SweepPorts & { readonly tasks: Pick<TaskRunner, 'list' | 'stop'> };

/** Two sweeps share the five minutes of a function. */
const PAGING = { withinMs: 90_000, resumes: true };
const ENDS_AFTER_MS = 140_000;

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
        draft.lookedAt += 1;
        const found = await checkTask(ports, policy, task, draft);
        if (found) unwanted.push(found);
      }
    });
    await removeOrphans(ports, { ...settings, endsAfterMs: ENDS_AFTER_MS }, unwanted, draft);
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
  if (record === undefined) return orphanOf(ports, task, draft);
  if (isKnownTask(record, taskId)) return undefined;
  if (isStray(ports, policy, record, task)) return strayOf(ports, policy, task, draft);
  // What its record has room for no more, what a start without an answer has come to, what runs no more.
  const done = await putRightOrNote(ports, policy, record, { type: 'task_observed', task }, draft, taskId);
  if (done?.repair !== undefined) draft.add(taskId, 'repaired', unknownTo(workbenchId), done.repair);
  else if (done?.workbench !== undefined && isOneTooMany(done.workbench, taskId))
    draft.add(taskId, 'waits_turn', othersFirst(workbenchId));
  return undefined;
}

function orphanOf(ports: Ports, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId, createdAt } = task;
  return {
    id: taskId,
    madeAt: createdAt,
    why: `Its workbench ${workbenchId} is no more.`,
    kind: 'orphan_task',
    lookAgain: async () => {
      const record = await readRecord(ports, task, draft, taskId);
      if (record === 'unreadable') return 'passed_over';
      return record === undefined ? 'unwanted' : 'wanted';
    },
    delete: async () => {
      await ports.tasks.stop(taskId, 'its workbench is no more');
      return { what: 'removed' };
    },
  };
}

/** Whatever its age: its record is there, and would know it. */
function strayOf(ports: Ports, policy: Policy, task: TaskObservation, draft: ReportDraft): Orphan {
  const { taskId, workbenchId } = task;
  let record: Workbench | undefined;
  const lookAgain = async (): Promise<RecheckResult> => {
    const read = await readRecord(ports, task, draft, taskId);
    // Without a record it is an orphan, and its age counts: that is for the next sweep.
    if (read === 'unreadable' || read === undefined) return 'passed_over';
    record = read;
    const run = runOf(read);
    if (run?.phase === 'accepted' && run.taskId === taskId) return 'wanted';
    return isKnownTask(read, taskId) ? 'passed_over' : 'unwanted';
  };
  const remove = async (): Promise<DeletionResult | undefined> => {
    if (record === undefined) return undefined;
    const done = await putRightOrNote(ports, policy, record, { type: 'task_observed', task }, draft, taskId);
    if (done?.workbench === undefined) return undefined;
    if (done.repair !== undefined) return { what: 'repaired' };
    if (!isOneTooMany(done.workbench, taskId)) return undefined;
    return { what: 'waits_turn', why: othersFirst(workbenchId) };
  };
  const why = unknownTo(workbenchId);
  return { id: taskId, madeAt: undefined, why, kind: 'stray_task', lookAgain, delete: remove };
}

/** Whether the life cycle, told of it, would have it stopped. */
function isStray(ports: Ports, policy: Policy, record: Workbench, task: TaskObservation): boolean {
  const input = { type: 'audited', observation: { type: 'task_observed', task } } as const;
  const { workbench } = lifecycle(policy)(record, input, ports.clock.now());
  return workbench.strays.some(({ taskId }) => taskId === task.taskId);
}

/** It is the run's, or noted as one to be ended, or the last run's, of which the end is known. */
function isKnownTask(record: Workbench, taskId: string): boolean {
  const run = runOf(record);
  if (run?.phase === 'accepted' && run.taskId === taskId) return true;
  return record.lastTaskId === taskId || record.strays.some((stray) => stray.taskId === taskId);
}

function isOneTooMany(record: Workbench, taskId: string): boolean {
  return record.strays.length >= STRAYS_MAX && !isKnownTask(record, taskId);
}

function unknownTo(workbenchId: string): string {
  return `Its workbench ${workbenchId} did not know it.`;
}

function othersFirst(workbenchId: string): string {
  return `Its workbench ${workbenchId} has others to end first.`;
}
