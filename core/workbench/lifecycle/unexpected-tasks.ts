import { isAgentSilent, mayRun, settleConclusion, type TaskObservation } from '../../ports/task-runner.ts';
import { UNEXPECTED_TASKS_MAX, type Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow, pollLater } from './context.ts';

/**
 * Applies the state of a task that does not belong to the current run. While the task lives it may have the volume
 * mounted, so the record lists it, an effect stops it, and no task is started and no file deleted before it is gone.
 * Observations of the last finished run's task are ignored. See docs/lifecycle.md#unexpected-tasks.
 */
export function observeUnexpectedTask(
  workbench: Workbench,
  task: TaskObservation,
  context: Context,
): Workbench {
  const { taskId } = task;
  const listed = workbench.unexpectedTasks.find((unexpectedTask) => unexpectedTask.taskId === taskId);
  if (listed !== undefined) {
    const settled = settleConclusion(task, listed.agentSilentSince, context.now);
    return observeListedTask(workbench, listed, settled, context);
  }
  const isFull = workbench.unexpectedTasks.length >= UNEXPECTED_TASKS_MAX;
  if (!mayRun(task) || taskId === workbench.lastTaskId || isFull) return workbench;
  return driveNow({ ...workbench, unexpectedTasks: [...workbench.unexpectedTasks, { taskId }] }, context);
}

function observeListedTask(
  workbench: Workbench,
  listed: Workbench['unexpectedTasks'][number],
  task: TaskObservation,
  context: Context,
): Workbench {
  const others = workbench.unexpectedTasks.filter((unexpectedTask) => unexpectedTask.taskId !== task.taskId);
  const gone = task.instance === 'gone' || (task.status === 'stopped' && task.instance === undefined);
  if (gone) return driveNow({ ...workbench, unexpectedTasks: others }, context);
  if (mayRun(task)) {
    // The task may live, so a `goneAfter` that was set while DescribeTasks did not find it is removed.
    const { goneAfter: _removed, agentSilentSince, ...unexpectedTask } = listed;
    const silent = isAgentSilent(task) ? { agentSilentSince: agentSilentSince ?? context.now } : {};
    const after = { ...workbench, unexpectedTasks: [...others, { ...unexpectedTask, ...silent }] };
    return task.instance === 'unknown' ? driveNow(after, context) : pollLater(after, context);
  }
  const goneAfter = context.now + context.policy.stopSettleMs;
  const unexpectedTasks = workbench.unexpectedTasks.map((unexpectedTask) =>
    unexpectedTask.taskId === task.taskId && unexpectedTask.goneAfter === undefined
      ? { ...unexpectedTask, goneAfter }
      : unexpectedTask,
  );
  return driveBy({ ...workbench, unexpectedTasks }, goneAfter);
}

/** Removes the unexpected tasks that count as gone: their `goneAfter` has passed. */
export function removeGoneTasks(workbench: Workbench, context: Context): Workbench {
  const unexpectedTasks = workbench.unexpectedTasks.filter(
    (unexpectedTask) => unexpectedTask.goneAfter === undefined || unexpectedTask.goneAfter > context.now,
  );
  return unexpectedTasks.length === workbench.unexpectedTasks.length
    ? workbench
    : driveNow({ ...workbench, unexpectedTasks }, context);
}
