import {
  type ContainerInstance,
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import type { Clock } from '#core/ports/clock.ts';
import type { InstanceState } from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import {
  type DefinedWorkbench,
  isMissing,
  type MissingTask,
  mayRun,
  type RunOutcome,
  type TaskInput,
  type TaskInstanceState,
  type TaskObservation,
  type TaskRunner,
} from '#core/ports/task-runner.ts';
import { callAws, errorNameOf, isAwsError, isOnlyAttempt, portError } from '../errors.ts';
import { startSendDeadline } from '../send-deadline.ts';
import { ContainerInstances, type InstanceOperations } from './container-instances.ts';
import { runTaskInput } from './run-task-input.ts';
import type { TaskSettings } from './settings.ts';
import { conclusionSettlesMs, toRunRefusal } from './stop-reasons.ts';
import { type EcsClient, TaskDefinitions } from './task-definitions.ts';
import { type EcsTaskFields, parseTaskObservation } from './task-observation.ts';

/** The most tasks in one call or page. */
const PAGE_SIZE = 100;
/** The limit of StopTask for a reason, in characters. */
const REASON_MAX_CHARS = 1024;
/** Other ids are those of tasks in local mode. ECS would refuse the whole call. */
const TASK_ID = /^[0-9a-f-]{32,36}$/;

/** ListTasks returns the tasks of one desired status. Stopping tasks have the desired status STOPPED. */
const DESIRED_STATUSES = ['RUNNING', 'STOPPED'] as const;

/** Tasks on ECS: see TaskRunner for what it promises. A task's id is the last part of its ARN. */
export class EcsTaskRunner implements TaskRunner {
  readonly #client: EcsClient;
  readonly #settings: TaskSettings;
  readonly #definitions: TaskDefinitions;
  readonly #containerInstances: ContainerInstances;
  readonly #instances: InstanceOperations;
  readonly #clock: Clock;

  /** @param instances used only where ECS does not know whether a task has ended */
  constructor(client: EcsClient, settings: TaskSettings, instances: InstanceOperations, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    this.#definitions = new TaskDefinitions(client, settings);
    this.#containerInstances = new ContainerInstances(client, settings.cluster);
    this.#instances = instances;
    this.#clock = clock;
  }

  async prepare(workbench: DefinedWorkbench): Promise<void> {
    await this.#definitions.ensure(workbench);
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const checkSendDeadline = startSendDeadline(this.#clock);
    const definition = await this.#definitions.ensure(input);
    const activity = await this.#settings.activity?.(input);
    const request = runTaskInput(this.#settings, input, token, definition, activity);
    if (request === undefined)
      return toRefusal(
        'The name and settings of the workbench exceed the limit of ECS. Choose a shorter name.',
        false,
      );
    checkSendDeadline('ecs', 'RunTask');
    try {
      const { tasks = [], failures = [] } = await this.#client.send(new RunTaskCommand(request));
      const [task] = tasks;
      if (task === undefined) return toRunRefusal(failures);
      const observation = this.#observe(task);
      if (observation === undefined)
        throw new PortError('unavailable', 'ecs RunTask: the task in the response has no identity');
      return { kind: 'accepted', task: observation };
    } catch (error) {
      return this.#resolveRunError(input, error);
    }
  }

  async stop(taskId: string, reason: string): Promise<void> {
    if (!TASK_ID.test(taskId)) return;
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
    // If a live instance is deregistered by force, or does not end although EC2 stops it, ECS reports its tasks as STOPPED
    // although they continue.
    if (!mayRun(task)) return;
    if (task.instance === 'connected' && !evenIfConnected) return;
    // A task that waits for capacity has no instance. StopTask is enough to end it.
    if (task.containerInstance === undefined) return;
    const [containerInstance] = await this.#containerInstances.describe([task.containerInstance]);
    if (containerInstance?.ec2InstanceId === undefined) return;
    // The agent is connected, so the instance is alive, and other tasks may run on it.
    if (isConnected(containerInstance) && !evenIfConnected) return;
    checkSendDeadline('ecs', 'UpdateContainerInstancesState');
    if (containerInstance.status === 'ACTIVE') await this.#containerInstances.drain(task.containerInstance);
    // When the instance is terminated, `describe` reports it as gone and deregisters it.
    await this.#instances.terminate(containerInstance.ec2InstanceId, checkSendDeadline);
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    if (taskIds.length > PAGE_SIZE) throw new RangeError(`at most ${PAGE_SIZE} tasks at once`);
    const known = await this.#describeKnown([...new Set(taskIds)].filter((taskId) => TASK_ID.test(taskId)));
    const byId = new Map(known.map((task) => [task.taskId, task]));
    return taskIds.map((taskId) => byId.get(taskId) ?? { taskId, missing: true });
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    const page = parseCursor(cursor);
    const { taskArns = [], nextToken } = await callAws('ecs', 'ListTasks', () =>
      this.#client.send(
        new ListTasksCommand({
          cluster: this.#settings.cluster,
          desiredStatus: page.desiredStatus,
          maxResults: PAGE_SIZE,
          ...(page.nextToken === undefined ? {} : { nextToken: page.nextToken }),
        }),
      ),
    );
    const tasks = await this.#describeKnown(taskArns, ({ status }) => status !== 'stopped');
    if (nextToken !== undefined) return { tasks, cursor: `${page.desiredStatus} ${nextToken}` };
    return page.desiredStatus === 'RUNNING' ? { tasks, cursor: 'STOPPED' } : { tasks };
  }

  async listOf(workbenchId: string): Promise<readonly TaskObservation[]> {
    const live: TaskObservation[] = [];
    for await (const taskArns of this.#pagesOf(workbenchId))
      live.push(...(await this.#describeKnown(taskArns, ({ status }) => status !== 'stopped')));
    return live;
  }

  /** Decides the outcome of a RunTask call that failed. */
  async #resolveRunError(input: TaskInput, error: unknown): Promise<RunOutcome> {
    if (isAwsError(error, 'tokenUsed')) return this.#adopt(error);
    const definite = isAwsError(error, 'invalidParameter', 'forbidden') && isOnlyAttempt(error);
    if (isAwsError(error, 'clientException') && isOnlyAttempt(error)) {
      // The error is temporary; most often there are too many tasks in PROVISIONING. Repeating the same call later is safe
      // even if ECS returned this error before it checked the client token.
      throw new PortError('throttled', `ecs RunTask: ${errorNameOf(error)}`, error);
    }
    if (!definite) throw portError('ecs', 'RunTask', error);
    // This call started nothing, but an earlier one with the same token may have started a task and lost its response.
    // Therefore the task is searched for before the start counts as refused.
    const started = await this.#findAttempt(input);
    if (started !== undefined) return { kind: 'accepted', task: started };
    const name = errorNameOf(error);
    return isAwsError(error, 'accessDenied')
      ? toRefusal(`The controller is not permitted to call RunTask at present (${name}).`, true)
      : toRefusal(`ECS refused to start the task (${name}).`, isAwsError(error, 'invalidParameter'));
  }

  /** Returns the task of an earlier call with this token, which had other parameters because a setting has changed since. */
  async #adopt(error: unknown): Promise<RunOutcome> {
    const resourceIds = (error as { readonly resourceIds?: unknown }).resourceIds;
    const ids = Array.isArray(resourceIds) ? resourceIds.filter((id) => typeof id === 'string') : [];
    const [task] = await this.#describeKnown(ids.slice(0, PAGE_SIZE));
    if (task !== undefined) return { kind: 'accepted', task };
    throw new PortError('unavailable', 'ecs RunTask: its task cannot be described yet', error);
  }

  async #findAttempt({ workbenchId, runId, attempt }: TaskInput): Promise<TaskObservation | undefined> {
    for await (const taskArns of this.#pagesOf(workbenchId)) {
      const known = await this.#describeKnown(taskArns);
      const found = known.find((task) => task.runId === runId && task.attempt === attempt);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The tasks of a workbench that ECS lists, with both desired statuses: they are those of its family. */
  async *#pagesOf(workbenchId: string): AsyncGenerator<readonly string[]> {
    const { familyPrefix, cluster } = this.#settings;
    const family = `${familyPrefix}-${workbenchId}`;
    for (const desiredStatus of DESIRED_STATUSES) {
      let nextToken: string | undefined;
      // A short or empty page need not be the last one.
      do {
        const page = await callAws('ecs', 'ListTasks', () =>
          this.#client.send(
            new ListTasksCommand({ cluster, family, desiredStatus, maxResults: PAGE_SIZE, nextToken }),
          ),
        );
        yield page.taskArns ?? [];
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    }
  }

  /** Describes those of these tasks that ECS knows, that the controller started, and that are `wanted`. */
  async #describeKnown(
    taskArns: readonly string[],
    wanted: (task: TaskObservation) => boolean = () => true,
  ): Promise<readonly TaskObservation[]> {
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await callAws('ecs', 'DescribeTasks', () =>
      this.#client.send(new DescribeTasksCommand({ cluster: this.#settings.cluster, tasks: [...taskArns] })),
    );
    const observed: TaskObservation[] = [];
    /** Those whose end ECS has concluded, and how long EC2 may then report their instances as running. */
    const concluded = new Map<TaskObservation, number>();
    for (const task of tasks) {
      const observation = this.#observe(task);
      if (observation === undefined || !wanted(observation)) continue;
      observed.push(observation);
      if (observation.instance === 'unknown')
        concluded.set(observation, conclusionSettlesMs({ ...task, containers: task.containers ?? [] }));
    }
    return this.#withInstanceStates(observed, concluded);
  }

  #observe(task: EcsTaskFields): TaskObservation | undefined {
    return parseTaskObservation(task, this.#settings.port);
  }

  /**
   * Asks EC2 for the instances of tasks whose agent is disconnected or has not reported their end. The agent may reconnect,
   * the instance may be ending or may no longer exist: ECS does not know which. EC2 may report an instance as running
   * although it has begun to end it.
   */
  async #withInstanceStates(
    tasks: readonly TaskObservation[],
    settlesMs: ReadonlyMap<TaskObservation, number>,
  ): Promise<readonly TaskObservation[]> {
    const uncertain = tasks.filter(({ instance }) => instance === 'disconnected' || instance === 'unknown');
    if (uncertain.length === 0) return tasks;
    const arnsOf = (candidates: readonly TaskObservation[]) =>
      new Set(candidates.flatMap(({ containerInstance }) => containerInstance ?? []));
    const concluded = arnsOf(uncertain.filter(({ instance }) => instance === 'unknown'));
    const states = await this.#readInstanceStates([...arnsOf(uncertain)], concluded);
    return tasks.map((task) => {
      if (!uncertain.includes(task)) return task;
      const instance = states.get(task.containerInstance ?? '') ?? 'disconnected';
      const doubt = instance === 'connected' ? settlesMs.get(task) : undefined;
      return { ...task, instance, ...(doubt === undefined ? {} : { settlesMs: doubt }) };
    });
  }

  /**
   * The states of these container instances. Only EC2 reports that an instance has ended, so it is asked for each whose
   * agent is disconnected and for those in `concluded`, which have a task whose end no agent has reported. A container
   * instance that ECS no longer knows is absent.
   */
  async #readInstanceStates(
    arns: readonly string[],
    concluded: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, TaskInstanceState>> {
    const states = new Map<string, TaskInstanceState>();
    const known = await this.#containerInstances.describe(arns);
    const askEc2 = known.filter(
      ({ agentConnected, containerInstanceArn = '' }) =>
        !agentConnected || concluded.has(containerInstanceArn),
    );
    const ids = askEc2.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
    const ec2States = ids.length === 0 ? undefined : await this.#instances.states(ids);
    for (const containerInstance of known) {
      const { containerInstanceArn, agentConnected, ec2InstanceId = '', status } = containerInstance;
      if (containerInstanceArn === undefined) continue;
      const ec2State = ec2States?.get(ec2InstanceId);
      states.set(containerInstanceArn, toTaskInstanceState(ec2State, isConnected(containerInstance)));
      // Otherwise ECS reports its tasks as RUNNING indefinitely. If this call fails, the next read repeats it.
      if (ec2State === 'terminated' && !agentConnected && status !== 'INACTIVE')
        await this.#containerInstances.deregister(containerInstanceArn).catch(() => {});
    }
    return states;
  }
}

/** The agent of an instance that was deregistered by force may stay connected, and its containers run on. */
function isConnected({ agentConnected, status }: ContainerInstance): boolean {
  return agentConnected === true && status !== 'INACTIVE';
}

/** @param ec2State undefined if EC2 was not asked */
function toTaskInstanceState(
  ec2State: InstanceState | undefined,
  agentConnected: boolean,
): TaskInstanceState {
  switch (ec2State) {
    case 'stopped':
    case 'terminated':
      return 'gone';
    case 'stopping':
    case 'shutting-down':
      return 'ending';
    default:
      return agentConnected ? 'connected' : 'disconnected';
  }
}

function parseCursor(cursor: string | undefined): {
  desiredStatus: 'RUNNING' | 'STOPPED';
  nextToken?: string;
} {
  if (cursor === undefined) return { desiredStatus: 'RUNNING' };
  const separator = cursor.indexOf(' ');
  const desiredStatus = cursor.startsWith('STOPPED') ? 'STOPPED' : 'RUNNING';
  return separator === -1 ? { desiredStatus } : { desiredStatus, nextToken: cursor.slice(separator + 1) };
}

function toRefusal(message: string, retryable: boolean): RunOutcome {
  return { kind: 'refused', code: 'start_refused', message, retryable };
}
