import type { TaskObservation } from '../../ports/task-runner.ts';
import { STRAYS_MAX, type Workbench } from '../workbench.ts';
import { type Context, lookBy, progressed, pollLater } from './context.ts';

/**
 * A task that is not the current run's. While it lives it may have the volume mounted, so it is noted, stopped,
 * and waited for before anything is started or wiped. What is known of the last run that ended is no news.
 */
export function observeStray(workbench: Workbench, task: TaskObservation, context: Context): Workbench {
  const { taskId } = task;
  const known = workbench.strays.find((stray) => stray.taskId === taskId);
  if (known) return observeKnown(workbench, known, task, context);
  const live = task.status !== 'stopped' && task.instance !== 'gone';
  if (!live || taskId === workbench.lastTaskId || workbench.strays.length >= STRAYS_MAX) return workbench;
  return progressed({ ...workbench, strays: [...workbench.strays, { taskId }] }, context);
}

function observeKnown(
  workbench: Workbench,
  known: Workbench['strays'][number],
  task: TaskObservation,
  context: Context,
): Workbench {
  const others = workbench.strays.filter((stray) => stray.taskId !== task.taskId);
  const gone = task.instance === 'gone' || (task.status === 'stopped' && task.instance === undefined);
  if (gone) return progressed({ ...workbench, strays: others }, context);
  const ended = task.status === 'stopped' && task.instance === 'connected';
  if (!ended) {
    // Alive after all, though it was not to be found for a moment; and silent as long as its agent is.
    const { goneAt: _alive, silentSince, ...stray } = known;
    const silent = task.instance === 'disconnected' ? { silentSince: silentSince ?? context.now } : {};
    return pollLater({ ...workbench, strays: [...others, { ...stray, ...silent }] }, context);
  }
  const goneAt = context.now + context.policy.fenceMs;
  const strays = workbench.strays.map((stray) =>
    stray.taskId === task.taskId && stray.goneAt === undefined ? { ...stray, goneAt } : stray,
  );
  return lookBy({ ...workbench, strays }, goneAt);
}

/** Those whose fence has passed are forgotten. */
export function forgetGoneStrays(workbench: Workbench, context: Context): Workbench {
  const strays = workbench.strays.filter((stray) => stray.goneAt === undefined || stray.goneAt > context.now);
  return strays.length === workbench.strays.length
    ? workbench
    : progressed({ ...workbench, strays }, context);
}
