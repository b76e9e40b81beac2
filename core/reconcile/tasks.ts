import type { TaskObservation, TaskRunner } from '../ports/task-runner.ts';
import type { ChangePorts, WakePorts } from '../workbench/change.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import { runOf, STRAYS_MAX, type Workbench } from '../workbench/workbench.ts';
import { pagesOf } from './pages.ts';
import { readRecord } from './read-record.ts';
import { putRight } from './repair.ts';
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
    await removeOrphans(ports, settings, 'orphan_task', orphans, draft);
  });
}

async function holdAgainstRecord(
  ports: Ports,
  policy: Policy,
  task: TaskObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  const { taskId, workbenchId } = task;
  const record = await readRecord(ports, task, draft, taskId);
  if (record === 'unreadable') return undefined;
  if (record === undefined) {
    return {
      id: taskId,
      madeAt: task.createdAt,
      why: `Its workbench ${workbenchId} is no more.`,
      remove: async () => {
        await ports.tasks.stop(taskId, 'its workbench is no more');
        return 'removed';
      },
    };
  }
  if (isKnown(record, taskId)) return undefined;
  const { workbench: after, repair } = await putRight(ports, policy, record, { type: 'task_observed', task });
  if (repair !== undefined)
    draft.note(taskId, 'repaired', `Its workbench ${workbenchId} did not know it.`, repair);
  else if (after !== undefined && after.strays.length >= STRAYS_MAX && !isKnown(after, taskId))
    draft.note(taskId, 'waits_turn', `Its workbench ${workbenchId} has others to end first.`);
  return undefined;
}

/** It is the run's, or noted as one to be ended, or the last run's, of which the end is known. */
function isKnown(record: Workbench, taskId: string): boolean {
  const run = runOf(record);
  if (run?.phase === 'accepted' && run.taskId === taskId) return true;
  return record.lastTaskId === taskId || record.strays.some((stray) => stray.taskId === taskId);
}
