import type { TaskObservation } from '../../ports/task-runner.ts';
import { UNEXPECTED_TASKS_MAX, type Workbench } from '../workbench.ts';
import { type Context, driveBy, driveNow, pollLater } from './context.ts';

/**
 * A task that is not the current run's. While it lives it may have the volume mounted, so it is noted, stopped,
 * and waited for before anything is started or wiped. What is known of the last run that ended is no news.
 */
export function observeUnexpectedTask(
  workbench: Workbench,
  task: TaskObservation,
  context: Context,
): Workbench {
  const { taskId } = task;
  const known = workbench.unexpectedTasks.find((unexpectedTask) => unexpectedTask.taskId === taskId);
  if (known) return observeRecordedTask(workbench, known, task, context);
  const live = task.status !== 'stopped' && task.instance !== 'gone';
  if (!live || taskId === workbench.lastTaskId || workbench.unexpectedTasks.length >= UNEXPECTED_TASKS_MAX)
    return workbench;
  return driveNow({ ...workbench, unexpectedTasks: [...workbench.unexpectedTasks, { taskId }] }, context);
}

function observeRecordedTask(
  workbench: Workbench,
  known: Workbench['unexpectedTasks'][number],
  task: TaskObservation,
  context: Context,
): Workbench {
  const others = workbench.unexpectedTasks.filter((unexpectedTask) => unexpectedTask.taskId !== task.taskId);
  const gone = task.instance === 'gone' || (task.status === 'stopped' && task.instance === undefined);
  if (gone) return driveNow({ ...workbench, unexpectedTasks: others }, context);
  const ended = task.status === 'stopped' && task.instance === 'connected';
  if (!ended) {
    // Alive after all, though it was not to be found for a moment; and silent as long as its agent is.
    const { goneAfter: _alive, agentSilentSince, ...unexpectedTask } = known;
    const silent =
      task.instance === 'disconnected' ? { agentSilentSince: agentSilentSince ?? context.now } : {};
    return pollLater(
      { ...workbench, unexpectedTasks: [...others, { ...unexpectedTask, ...silent }] },
      context,
    );
  }
  const goneAfter = context.now + context.policy.stopSettleMs;
  const unexpectedTasks = workbench.unexpectedTasks.map((unexpectedTask) =>
    unexpectedTask.taskId === task.taskId && unexpectedTask.goneAfter === undefined
      ? { ...unexpectedTask, goneAfter }
      : unexpectedTask,
  );
  return driveBy({ ...workbench, unexpectedTasks }, goneAfter);
}

/** Those whose fence has passed are forgotten. */
export function removeGoneTasks(workbench: Workbench, context: Context): Workbench {
  const unexpectedTasks = workbench.unexpectedTasks.filter(
    (unexpectedTask) => unexpectedTask.goneAfter === undefined || unexpectedTask.goneAfter > context.now,
  );
  return unexpectedTasks.length === workbench.unexpectedTasks.length
    ? workbench
    : driveNow({ ...workbench, unexpectedTasks }, context);
}
