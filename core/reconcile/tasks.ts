import type { TaskObservation, TaskRunner } from '../ports/task-runner.ts';
import { type ChangePorts, change, type WakePorts, wake } from '../workbench/change.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { keyOf, runOf, type Workbench } from '../workbench/workbench.ts';
import { pagesOf } from './pages.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { type Orphan, removeOrphans, reported, type SweepPorts, type SweepSettings } from './sweep.ts';

type Ports = ChangePorts & WakePorts & SweepPorts & { readonly tasks: Pick<TaskRunner, 'list' | 'stop'> };

/**
 * The cloud first: every live task of ours, held against the record it names. One that a record does not know
 * is told to it, and the life cycle stops it; one without a record is an orphan.
 */
export async function sweepTasks(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return reported(ports, 'tasks', async (draft) => {
    const orphans: Orphan[] = [];
    for await (const page of pagesOf((cursor) => ports.tasks.list(cursor))) {
      for (const task of page.tasks) {
        draft.lookedAt += 1;
        const orphan = await holdAgainstRecord(ports, policy, task, draft);
        if (orphan) orphans.push(orphan);
      }
    }
    await removeOrphans(ports, settings, orphans, draft);
  });
}

async function holdAgainstRecord(
  ports: Ports,
  policy: Policy,
  task: TaskObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  let record: Workbench | undefined;
  try {
    record = await ports.workbenches.read(task);
  } catch (error) {
    draft.note(task.taskId, 'waits_unreadable', 'The record of its workbench cannot be read.');
    ports.telemetry.error('a task names a record that cannot be read', { taskId: task.taskId }, error);
    return undefined;
  }
  if (record === undefined) {
    return {
      id: task.taskId,
      madeAt: task.createdAt,
      why: `Its workbench ${task.workbenchId} is no more.`,
      remove: async () => {
        await ports.tasks.stop(task.taskId, 'its workbench is no more');
        return 'removed';
      },
    };
  }
  const run = runOf(record);
  if (run?.phase === 'accepted' && run.taskId === task.taskId) return undefined;
  const told = await change(ports, policy, keyOf(record), () => ({ type: 'task_observed', task }), record);
  if (told === undefined || told === record) return undefined;
  draft.note(task.taskId, 'repaired', `Its workbench ${task.workbenchId} did not know it.`);
  await wake(ports, told);
  return undefined;
}
