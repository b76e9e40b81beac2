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
import { calling, isAwsError, isOnlyAttempt, nameOf, portError } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { ContainerInstances, type Machines } from './container-instances.ts';
import { runTaskInput } from './run-task-input.ts';
import type { TaskSettings } from './settings.ts';
import { refusalOf } from './stop-reasons.ts';
import { type EcsClient, TaskDefinitions } from './task-definitions.ts';
import { type TaskFacts, taskObservationOf } from './task-observation.ts';

/** The most that one call describes, and the largest page of a list. */
const PAGE = 100;
/** The longest reason that StopTask takes, in characters. */
const REASON_MAX = 1024;
const TASK_ARN = /^arn:[a-z-]+:ecs:[a-z0-9-]+:\d+:task\//;

/** A list of ECS is of one desired status: tasks that are stopping are in the second. */
const DESIRED = ['RUNNING', 'STOPPED'] as const;

/** Tasks on ECS: see TaskRunner for what it promises. A task's id is its ARN. */
export class EcsTaskRunner implements TaskRunner {
  readonly #client: EcsClient;
  readonly #settings: TaskSettings;
  readonly #definitions: TaskDefinitions;
  readonly #instances: ContainerInstances;
  readonly #machines: Machines;
  readonly #clock: Clock;

  /** @param machines asked only about machines whose agent is silent */
  constructor(client: EcsClient, settings: TaskSettings, machines: Machines, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    this.#definitions = new TaskDefinitions(client, settings);
    this.#instances = new ContainerInstances(client, settings.cluster);
    this.#machines = machines;
    this.#clock = clock;
  }

  async run(input: TaskInput, token: string): Promise<RunOutcome> {
    const checkInTime = inTime(this.#clock);
    const definition = await this.#definitions.ensure(input.workbenchId, input.mount);
    const request = runTaskInput(this.#settings, input, token, definition);
    if (request === undefined) return refused('Its name and settings are too long for ECS.', false);
    checkInTime('ecs', 'RunTask');
    try {
      const { tasks = [], failures = [] } = await this.#client.send(new RunTaskCommand(request));
      const [task] = tasks;
      if (task === undefined) return refusalOf(failures);
      const observation = this.#observe(task);
      if (observation === undefined) throw new PortError('unavailable', 'ecs RunTask: not our task');
      return { kind: 'accepted', task: observation };
    } catch (error) {
      return this.#notRun(input, error);
    }
  }

  async stop(taskId: string, reason: string): Promise<void> {
    if (!TASK_ARN.test(taskId)) return;
    try {
      await this.#client.send(
        new StopTaskCommand({
          cluster: this.#settings.cluster,
          task: taskId,
          reason: reason.slice(0, REASON_MAX),
        }),
      );
    } catch (error) {
      if (!isAwsError(error, 'invalidParameter')) throw portError('ecs', 'StopTask', error);
    }
  }

  async endMachine(taskId: string, forced: boolean): Promise<void> {
    const checkInTime = inTime(this.#clock);
    const [task] = await this.describe([taskId]);
    if (task === undefined || isMissing(task) || task.host === 'gone') return;
    // STOPPED is the last word of an agent that spoke to the end, but not of one that is silent: who takes a live
    // machine off the cluster by force makes ECS say so of tasks that go on.
    if (task.status === 'stopped' && task.host !== 'disconnected') return;
    if (task.host === 'connected' && !forced) return;
    // Without a machine there is nothing to end: it waits for capacity, and a stop is all it takes.
    if (task.containerInstance === undefined) return;
    const [machine] = await this.#instances.describe([task.containerInstance]);
    if (machine?.ec2InstanceId === undefined) return;
    checkInTime('ecs', 'UpdateContainerInstancesState');
    if (machine.status === 'ACTIVE') await this.#instances.drain(task.containerInstance);
    // Once it is terminated, `describe` answers so and takes it off the cluster.
    await this.#machines.terminate(machine.ec2InstanceId, checkInTime);
  }

  async describe(taskIds: readonly string[]): Promise<readonly (TaskObservation | MissingTask)[]> {
    if (taskIds.length > PAGE) throw new RangeError(`at most ${PAGE} tasks at once`);
    const known = await this.#known([...new Set(taskIds)].filter((taskId) => TASK_ARN.test(taskId)));
    const byId = new Map(known.map((task) => [task.taskId, task]));
    return taskIds.map((taskId) => byId.get(taskId) ?? { taskId, missing: true });
  }

  async list(cursor?: string): Promise<{ tasks: readonly TaskObservation[]; cursor?: string }> {
    const at = parseCursor(cursor);
    const { taskArns = [], nextToken } = await calling('ecs', 'ListTasks', () =>
      this.#client.send(
        new ListTasksCommand({
          cluster: this.#settings.cluster,
          desiredStatus: at.desiredStatus,
          maxResults: PAGE,
          ...(at.nextToken === undefined ? {} : { nextToken: at.nextToken }),
        }),
      ),
    );
    const tasks = (await this.#known(taskArns)).filter(({ status }) => status !== 'stopped');
    if (nextToken !== undefined) return { tasks, cursor: `${at.desiredStatus} ${nextToken}` };
    return at.desiredStatus === 'RUNNING' ? { tasks, cursor: 'STOPPED' } : { tasks };
  }

  /** What becomes of a start that RunTask did not answer with a task. */
  async #notRun(input: TaskInput, error: unknown): Promise<RunOutcome> {
    if (isAwsError(error, 'tokenUsed')) return this.#adopt(error);
    const definite = isAwsError(error, 'invalidParameter', 'forbidden') && isOnlyAttempt(error);
    if (isAwsError(error, 'clientRefusal') && isOnlyAttempt(error)) {
      // It passes: most of all there are too many tasks in PROVISIONING. The same call again later is safe
      // even if this answer came before ECS had looked at the token.
      throw new PortError('throttled', `ecs RunTask: ${nameOf(error)}`, error);
    }
    if (!definite) throw portError('ecs', 'RunTask', error);
    // Only this call is known to have started nothing: an earlier one with its token, whose answer was lost,
    // may have. So it is looked for before anybody may conclude that there is none.
    const started = await this.#find(input);
    if (started !== undefined) return { kind: 'accepted', task: started };
    return refused(
      `The platform refused to start it (${nameOf(error)}).`,
      isAwsError(error, 'invalidParameter'),
    );
  }

  /** The token was used with other parameters, from before a change of settings: its task is the one. */
  async #adopt(error: unknown): Promise<RunOutcome> {
    const resourceIds = (error as { readonly resourceIds?: unknown }).resourceIds;
    const ids = Array.isArray(resourceIds) ? resourceIds.filter((id) => typeof id === 'string') : [];
    const [task] = await this.#known(ids.slice(0, PAGE));
    if (task !== undefined) return { kind: 'accepted', task };
    throw new PortError('unavailable', 'ecs RunTask: its task cannot be described yet', error);
  }

  async #find({ workbenchId, runId, attempt }: TaskInput): Promise<TaskObservation | undefined> {
    const { familyPrefix, cluster } = this.#settings;
    const family = `${familyPrefix}-${workbenchId}`;
    for (const desiredStatus of DESIRED) {
      let nextToken: string | undefined;
      // A page that is short, or empty, need not be the last.
      do {
        const page = await calling('ecs', 'ListTasks', () =>
          this.#client.send(
            new ListTasksCommand({ cluster, family, desiredStatus, maxResults: PAGE, nextToken }),
          ),
        );
        const known = await this.#known(page.taskArns ?? []);
        const found = known.find((task) => task.runId === runId && task.attempt === attempt);
        if (found !== undefined) return found;
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    }
    return undefined;
  }

  /** Those of these tasks that ECS knows and that are ours. */
  async #known(taskArns: readonly string[]): Promise<readonly TaskObservation[]> {
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await calling('ecs', 'DescribeTasks', () =>
      this.#client.send(new DescribeTasksCommand({ cluster: this.#settings.cluster, tasks: [...taskArns] })),
    );
    return this.#withHosts(tasks.flatMap((task) => this.#observe(task) ?? []));
  }

  #observe(task: TaskFacts): TaskObservation | undefined {
    return taskObservationOf(task, this.#settings.port);
  }

  /**
   * A silent agent may come back, or its machine may be no more: ECS shows the task as it last was in both
   * cases, and only EC2 knows. Asked about machines that are silent, and no others.
   */
  async #withHosts(tasks: readonly TaskObservation[]): Promise<readonly TaskObservation[]> {
    const silent = tasks.filter(({ host }) => host === 'disconnected');
    if (silent.length === 0) return tasks;
    const arns = new Set(silent.flatMap(({ containerInstance }) => containerInstance ?? []));
    const hosts = await this.#hostsOf([...arns]);
    return tasks.map((task) => {
      if (task.host !== 'disconnected' || task.containerInstance === undefined) return task;
      return { ...task, host: hosts.get(task.containerInstance) ?? 'disconnected' };
    });
  }

  async #hostsOf(arns: readonly string[]): Promise<ReadonlyMap<string, TaskObservation['host']>> {
    // ECS remembers what was deregistered for long; what it has forgotten is long gone.
    const hosts = new Map<string, TaskObservation['host']>(arns.map((arn) => [arn, 'gone']));
    const known = await this.#instances.describe(arns);
    const silent = known.filter(({ agentConnected }) => !agentConnected);
    const ids = silent.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []);
    const states = ids.length === 0 ? undefined : await this.#machines.states(ids);
    for (const { containerInstanceArn, agentConnected, ec2InstanceId = '', status } of known) {
      if (containerInstanceArn === undefined) continue;
      const state = states?.get(ec2InstanceId);
      const gone = state === 'stopped' || state === 'terminated';
      hosts.set(containerInstanceArn, agentConnected ? 'connected' : gone ? 'gone' : 'disconnected');
      // ECS would show its tasks as running for ever. Should it fail, whoever looks next does it.
      if (state === 'terminated' && status !== 'INACTIVE')
        await this.#instances.deregister(containerInstanceArn).catch(() => {});
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

function refused(message: string, retryable: boolean): RunOutcome {
  return { kind: 'refused', code: 'start_refused', message, retryable };
}
