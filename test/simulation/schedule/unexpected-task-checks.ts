import { runOf, UNEXPECTED_TASKS_MAX, type Workbench } from '#core/workbench/workbench.ts';
import type { Task } from '../world/ecs/types.ts';
import type { World, WorldEvent } from '../world/world.ts';
import { RuleViolation } from './rule-violation.ts';

/** The part of the event of a task that the rule reads. */
interface EventDetail {
  readonly taskArn?: string;
  readonly lastStatus?: string;
  readonly desiredStatus?: string;
}

/** What ECS reports of tasks that run or will run. */
const LIVE_STATUSES: ReadonlySet<string> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING']);

/**
 * The rules about tasks of other runs. Once an event has shown such a task, the record lists it, so that it is stopped and no
 * other task is started before: docs/lifecycle.md#unexpected-tasks. And the record waits after a refusal until no call can start
 * one any more: docs/lifecycle.md#issued-runs.
 */
export class UnexpectedTaskChecks {
  readonly #world: World;
  readonly #recordOf: (workbenchId: string) => Workbench | undefined;
  #checkedTasks = 0;

  constructor(world: World, recordOf: (workbenchId: string) => Workbench | undefined) {
    this.#world = world;
    this.#recordOf = recordOf;
  }

  /** Checks the tasks that RunTask has just started. Called after every step. */
  check(): void {
    const { tasks, forgottenTasks } = this.#world.ecs;
    const count = tasks.size + forgottenTasks.length;
    if (count === this.#checkedTasks) return;
    const started = [...tasks.values()].slice(this.#checkedTasks - count);
    this.#checkedTasks = count;
    // A clock that was set forward ends the wait at once: the task is then found as an unexpected one.
    if (this.#world.functionClock.steps) return;
    for (const task of started) {
      const record = this.#recordOf(task.workbenchId);
      if (record === undefined || mayStart(record, task)) continue;
      throw new RuleViolation(
        `RunTask started ${task.arn} for attempt ${task.attempt} of run ${task.runId}, which workbench ${record.workbenchId} had ended`,
      );
    }
  }

  /** Called when a function has handled an event. */
  checkHandled(event: WorldEvent): void {
    if (event['detail-type'] !== 'ECS Task State Change') return;
    const { taskArn = '', lastStatus = '', desiredStatus } = event.detail as EventDetail;
    if (!LIVE_STATUSES.has(lastStatus) || desiredStatus !== 'RUNNING') return;
    const task = this.#world.ecs.tasks.get(taskArn);
    if (task === undefined || !isLive(task)) return;
    const record = this.#recordOf(task.workbenchId);
    if (record === undefined || isKnown(record, task)) return;
    throw new RuleViolation(
      `the record of workbench ${record.workbenchId} does not list the live task ${taskArn} of another run, although its event was handled`,
    );
  }
}

/** Whether the task still runs or will run. ECS reports it so even if its instance lost power long ago. */
function isLive({ lastStatus, desiredStatus, containerInstance }: Task): boolean {
  if (!LIVE_STATUSES.has(lastStatus) || desiredStatus !== 'RUNNING') return false;
  return containerInstance === undefined || containerInstance.ec2Instance.powered;
}

/** Whether the record waits for the attempt of the task, or until no call of it can have an effect. */
function mayStart(record: Workbench, { runId, attempt }: Task): boolean {
  const run = runOf(record);
  if (run?.runId !== runId) return false;
  if (run.attempt === attempt) return true;
  return run.attempt === attempt + 1 && run.phase === 'preparing' && run.goneAfter !== undefined;
}

/** Whether the task is that of the present or the last run, or is listed. A full list takes no further task. */
function isKnown(record: Workbench, { arn, runId, attempt }: Task): boolean {
  const taskId = arn.split('/').at(-1);
  const run = runOf(record);
  if (run?.runId === runId && run.attempt === attempt) {
    if (run.phase === 'issued' || (run.phase === 'accepted' && run.taskId === taskId)) return true;
  }
  const { unexpectedTasks, lastTaskId } = record;
  return (
    lastTaskId === taskId ||
    unexpectedTasks.length >= UNEXPECTED_TASKS_MAX ||
    unexpectedTasks.some((listed) => listed.taskId === taskId)
  );
}
