import { DescribeTasksCommand, ListTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import type { Clock } from '#core/ports/clock.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  isMissing,
  type MissingTask,
  type RunOutcome,
  type TaskInput,
  type TaskObservation,
  type TaskRunner,
} from '#core/ports/task-runner.ts';
import { callAws, errorNameOf, isAwsError, isOnlyAttempt, portError } from '../errors.ts';
import { startSendDeadline } from '../send-deadline.ts';
import { ContainerInstances, type InstanceOperations } from './container-instances.ts';
import { runTaskInput } from './run-task-input.ts';
import type { TaskSettings } from './settings.ts';
import { toRunRefusal } from './stop-reasons.ts';
import { type EcsClient, TaskDefinitions } from './task-definitions.ts';
import { type EcsTaskFields, parseTaskObservation } from './task-observation.ts';

/** The most that one call describes, and the largest page of a list. */
const PAGE_SIZE = 100;
/** The longest reason that StopTask takes, in characters. */
const REASON_MAX_CHARS = 1024;
const TASK_ARN = /^arn:[a-z-]+:ecs:[a-z0-9-]+:\d+:task\//;

/** A list of ECS is of one desired status: tasks that are stopping are in the second. */
const DESIRED_STATUSES = ['RUNNING', 'STOPPED'] as const;

/** Tasks on ECS: see TaskRunner for what it promises. A task's id is its ARN. */
export class EcsTaskRunner implements TaskRunner {
  readonly #client: EcsClient;
  readonly #settings: TaskSettings;
  readonly #definitions: TaskDefinitions;
  readonly #containerInstances: ContainerInstances;
  readonly #instances: InstanceOperations;
  readonly #clock: Clock;

  /** @param instances asked only about machines whose agent is silent */
  constructor(client: EcsClient, settings: TaskSettings, instances: InstanceOperations, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    this.#definitions = new TaskDefinitions(client, settings);
    this.#containerInstances = new ContainerInstances(client, settings.cluster);
    this.#instances = instances;
    this.#clock = clock;
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const definition = await this.#definitions.ensure(input.workbenchId, input.mount);
    const request = runTaskInput(this.#settings, input, token, definition);
    if (request === undefined) return toRefusal('Its name and settings are too long for ECS.', false);
    checkSendDeadline('ecs', 'RunTask');
    try {
      const { tasks = [], failures = [] } = await this.#client.send(new RunTaskCommand(request));
      const [task] = tasks;
      if (task === undefined) return toRunRefusal(failures);
      const observation = this.#observe(task);
      if (observation === undefined) throw new PortError('unavailable', 'ecs RunTask: not our task');
      return { kind: 'accepted', task: observation };
    } catch (error) {
      return this.#resolveRunError(input, error);
    }
  }

  async stop(taskId: string, reason: string): Promise<void> {
    if (!TASK_ARN.test(taskId)) return;
    try {
      await this.#client.send(
        new StopTaskCommand({
          cluster: this.#settings.cluster,
          task: taskId,
          reason: reason.slice(0, REASON_MAX_CHARS),
        }),
      );
    } catch (error) {
      if (!isAwsError(error, 'invalidParameter')) throw portError('ecs', 'StopTask', error);
    }
  }

  async terminateInstance(taskId: string, evenIfConnected: boolean): Promise<void> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const [task] = await this.describe([taskId]);
    if (task === undefined || isMissing(task) || task.instance === 'gone') return;
    // STOPPED is the last word of an agent that spoke to the end, but not of one that is silent: who takes a live
    // machine off the cluster by force makes ECS say so of tasks that go on.
    if (task.status === 'stopped' && task.instance !== 'disconnected') return;
    if (task.instance === 'connected' && !evenIfConnected) return;
    // Without a machine there is nothing to end: it waits for capacity, and a stop is all it takes.
    if (task.containerInstance === undefined) return;
    const [machine] = await this.#containerInstances.describe([task.containerInstance]);
    if (machine?.ec2InstanceId === undefined) return;
    checkSendDeadline('ecs', 'UpdateContainerInstancesState');
    if (machine.status === 'ACTIVE') await this.#containerInstances.drain(task.containerInstance);
    // Once it is terminated, `describe` answers so and takes it off the cluster.
    await this.#instances.terminate(machine.ec2InstanceId, checkSendDeadline);
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    if (taskIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} tasks at once`);
    const known = await this.#describeKnown([...new Set(taskIds)].filter((taskId) => TASK_ARN.test(taskId)));
    const byId = new Map(known.map((task) => [task.taskId, task]));
    return taskIds.map((taskId) => byId.get(taskId) ?? { taskId, missing: true });
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    const at = parseCursor(cursor);
    const { taskArns = [], nextToken } = await callAws('ecs', 'ListTasks', () =>
      this.#client.send(
        new ListTasksCommand({
          cluster: this.#settings.cluster,
          desiredStatus: at.desiredStatus,
          maxResults: PAGE_SIZE,
          ...(at.nextToken === undefined ? {} : { nextToken: at.nextToken }),
        }),
      ),
    );
    const tasks = (await this.#describeKnown(taskArns)).filter(({ status }) => status !== 'stopped');
    if (nextToken !== undefined) return { tasks, cursor: `${at.desiredStatus} ${nextToken}` };
    return at.desiredStatus === 'RUNNING' ? { tasks, cursor: 'STOPPED' } : { tasks };
  }

  /** What becomes of a start that RunTask did not answer with a task. */
  async #resolveRunError(input: TaskInput, error: unknown): Promise<RunOutcome> {
    if (isAwsError(error, 'tokenUsed')) return this.#adopt(error);
    const definite = isAwsError(error, 'invalidParameter', 'forbidden') && isOnlyAttempt(error);
    if (isAwsError(error, 'clientException') && isOnlyAttempt(error)) {
      // It passes: most of all there are too many tasks in PROVISIONING. The same call again later is safe
      // even if this answer came before ECS had looked at the token.
      throw new PortError('throttled', `ecs RunTask: ${errorNameOf(error)}`, error);
    }
    if (!definite) throw portError('ecs', 'RunTask', error);
    // Only this call is known to have started nothing: an earlier one with its token, whose answer was lost,
    // may have. So it is looked for before anybody may conclude that there is none.
    const started = await this.#findAttempt(input);
    if (started !== undefined) return { kind: 'accepted', task: started };
    return toRefusal(
      `The platform refused to start it (${errorNameOf(error)}).`,
      isAwsError(error, 'invalidParameter'),
    );
  }

  /** The token was used with other parameters, from before a change of settings: its task is the one. */
  async #adopt(error: unknown): Promise<RunOutcome> {
    const resourceIds = (error as { readonly resourceIds?: unknown }).resourceIds;
    const ids = Array.isArray(resourceIds) ? resourceIds.filter((id) => typeof id === 'string') : [];
    const [task] = await this.#describeKnown(ids.slice(0, PAGE_SIZE));
    if (task !== undefined) return { kind: 'accepted', task };
    throw new PortError('unavailable', 'ecs RunTask: its task cannot be described yet', error);
  }

  async #findAttempt({ workbenchId, runId, attempt }: TaskInput): Promise<TaskObservation | undefined> {
    const { familyPrefix, cluster } = this.#settings;
    const family = `${familyPrefix}-${workbenchId}`;
    for (const desiredStatus of DESIRED_STATUSES) {
      let nextToken: string | undefined;
      // A page that is short, or empty, need not be the last.
      do {
        const page = await callAws('ecs', 'ListTasks', () =>
          this.#client.send(
            new ListTasksCommand({ cluster, family, desiredStatus, maxResults: PAGE_SIZE, nextToken }),
          ),
        );
        const known = await this.#describeKnown(page.taskArns ?? []);
        const found = known.find((task) => task.runId === runId && task.attempt === attempt);
        if (found !== undefined) return found;
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    }
    return undefined;
  }

  /** Those of these tasks that ECS knows and that are ours. */
  async #describeKnown(taskArns: readonly string[]): Promise<readonly TaskObservation[]> {
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await callAws('ecs', 'DescribeTasks', () =>
      this.#client.send(new DescribeTasksCommand({ cluster: this.#settings.cluster, tasks: [...taskArns] })),
    );
    return this.#withHostStates(tasks.flatMap((task) => this.#observe(task) ?? []));
  }

  #observe(task: EcsTaskFields): TaskObservation | undefined {
    return parseTaskObservation(task, this.#settings.port);
  }

  /**
   * A silent agent may come back, or its machine may be no more: ECS shows the task as it last was in both
   * cases, and only EC2 knows. Asked about machines that are silent, and no others.
   */
  async #withHostStates(tasks: readonly TaskObservation[]): Promise<readonly TaskObservation[]> {
    const silent = tasks.filter(({ instance: host }) => host === 'disconnected');
    if (silent.length === 0) return tasks;
    const arns = new Set(silent.flatMap(({ containerInstance }) => containerInstance ?? []));
    const hosts = await this.#hostStatesOf([...arns]);
    return tasks.map((task) => {
      if (task.instance !== 'disconnected' || task.containerInstance === undefined) return task;
      return { ...task, host: hosts.get(task.containerInstance) ?? 'disconnected' };
    });
  }

  async #hostStatesOf(arns: readonly string[]): Promise<ReadonlyMap<string, TaskObservation['instance']>> {
    // ECS remembers what was deregistered for long; what it has forgotten is long gone.
    const hosts = new Map<string, TaskObservation['instance']>(arns.map((arn) => [arn, 'gone']));
    const known = await this.#containerInstances.describe(arns);
    const silent = known.filter(({ agentConnected }) => !agentConnected);
    const ids = silent.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
    const states = ids.length === 0 ? undefined : await this.#instances.states(ids);
    for (const { containerInstanceArn, agentConnected, ec2InstanceId = '', status } of known) {
      if (containerInstanceArn === undefined) continue;
      const state = states?.get(ec2InstanceId);
      const gone = state === 'stopped' || state === 'terminated';
      hosts.set(containerInstanceArn, agentConnected ? 'connected' : gone ? 'gone' : 'disconnected');
      // ECS would show its tasks as running for ever. Should it fail, whoever looks next does it.
      if (state === 'terminated' && status !== 'INACTIVE')
        await this.#containerInstances.deregister(containerInstanceArn).catch(() => {});
    }
    return hosts;
  }
}

function parseCursor(cursor: string | undefined): {
  desiredStatus: 'RUNNING' | 'STOPPED';
  nextToken?: string;
} {
  if (cursor === undefined) return { desiredStatus: 'RUNNING' };
  const space = cursor.indexOf(' ');
  const desiredStatus = cursor.startsWith('STOPPED') ? 'STOPPED' : 'RUNNING';
  return space === -1 ? { desiredStatus } : { desiredStatus, nextToken: cursor.slice(space + 1) };
}

function toRefusal(message: string, retryable: boolean): RunOutcome {
  return { kind: 'refused', code: 'start_refused', message, retryable };
}
