import type {
  DeregisterContainerInstanceCommandInput,
  DeregisterTaskDefinitionCommandInput,
  DescribeContainerInstancesCommandInput,
  DescribeTaskDefinitionCommandInput,
  DescribeTasksCommandInput,
  ListContainerInstancesCommandInput,
  ListTaskDefinitionFamiliesCommandInput,
  ListTaskDefinitionsCommandInput,
  ListTasksCommandInput,
  RegisterTaskDefinitionCommandInput,
  RunTaskCommandInput,
  StopTaskCommandInput,
  UpdateContainerInstancesStateCommandInput,
} from '@aws-sdk/client-ecs';
import type { Kernel } from '../../kernel.ts';
import { type AwsCommand, awsError } from '../aws-error.ts';
import type { HazardDraws } from '../hazards.ts';
import type { SimulatedInstances } from '../simulated-instances.ts';
import { TokenBucket } from '../token-bucket.ts';
import { Agents } from './agents.ts';
import { CapacityProviders, type ProviderSpec, resourcesOf } from './capacity-providers.ts';
import { matchesExpression } from './cluster-query.ts';
import { Interruptions } from './interruptions.ts';
import { RunTaskModel } from './run-tasks.ts';
import { containerInstanceShape, REGION_AND_ACCOUNT, taskShape, toEventDetail } from './shapes.ts';
import { Definitions } from './task-definitions.ts';
import { type TaskDependencies, TaskLifecycle } from './task-lifecycle.ts';
import type { ContainerInstance, FreeResources, Task } from './types.ts';

export interface EcsDependencies
  extends Pick<TaskDependencies, 'directoryFor' | 'startContainer' | 'endContainer' | 'endMount'> {
  readonly ec2Instances: () => SimulatedInstances;
  /** Tags of the instances that capacity providers launch. */
  readonly tags: Readonly<Record<string, string>>;
  publishEvent(event: Readonly<Record<string, unknown>>): void;
}

/** The maximum number of items in one Describe call, and in one page of a list. */
const PAGE_SIZE = 100;

/** What the event of one version of a container instance reported, and what the instance has. */
export interface ReportedCapacity {
  /** Network interfaces for tasks, used ones included. */
  readonly interfaces: number;
  /** A lower bound of the tasks, as far as the event shows them. */
  readonly tasks: number;
  readonly free: Readonly<FreeResources>;
}

/** One ECS cluster. */
export class EcsModel {
  readonly tasks = new Map<string, Task>();
  /** Stopped tasks that ECS no longer returns. A status message may still name their reasons. */
  readonly forgottenTasks: Task[] = [];
  /** `<container instance id>/<version>` → what the event of this version reported. */
  readonly reportedCapacity = new Map<string, ReportedCapacity>();
  readonly definitions: Definitions;
  readonly agents: Agents;
  readonly capacity: CapacityProviders;
  readonly lifecycle: TaskLifecycle;
  readonly interruptions: Interruptions;
  readonly #kernel: Kernel;
  readonly #dependencies: EcsDependencies;
  readonly #clusterArn: string;
  readonly #runTask: RunTaskModel;
  /** The throttle of RunTask, StopTask and DeregisterContainerInstance. */
  readonly #writeBucket: TokenBucket;
  /** The throttle of the Describe and List calls. */
  readonly #readBucket: TokenBucket;

  constructor(
    kernel: Kernel,
    draws: HazardDraws,
    cluster: string,
    providers: readonly ProviderSpec[],
    dependencies: EcsDependencies,
  ) {
    this.#kernel = kernel;
    this.#dependencies = dependencies;
    this.#clusterArn = `arn:aws:ecs:${REGION_AND_ACCOUNT}:cluster/${cluster}`;
    const now = () => kernel.now();
    this.#writeBucket = new TokenBucket(now, 100, 40);
    this.#readBucket = new TokenBucket(now, 100, 20);
    this.definitions = new Definitions(now, draws);
    const onTaskChanged = (task: Task) =>
      this.#publishEvent('ECS Task State Change', task.arn, taskShape(task, this.#clusterArn));
    const eventOmitsCapacityProvider = draws.happens('eventOmitsCapacityProvider');
    const eventOmitsTaskCounts = draws.happens('eventOmitsTaskCounts');
    const onContainerInstanceChanged = (containerInstance: ContainerInstance) => {
      const { capacityProviderName, runningTasksCount, pendingTasksCount, ...shape } =
        containerInstanceShape(containerInstance);
      const counts = eventOmitsTaskCounts ? {} : { runningTasksCount, pendingTasksCount };
      const { arn, version, ec2Instance, free, tasks } = containerInstance;
      this.reportedCapacity.set(`${arn.split('/').at(-1)}/${version}`, {
        interfaces: resourcesOf(ec2Instance.spec.size).interfaces,
        tasks: eventOmitsTaskCounts
          ? Math.min(1, tasks.size)
          : (runningTasksCount ?? 0) + (pendingTasksCount ?? 0),
        free: { ...free },
      });
      this.#publishEvent('ECS Container Instance State Change', containerInstance.arn, {
        ...shape,
        ...counts,
        ...(eventOmitsCapacityProvider ? {} : { capacityProviderName }),
        clusterArn: this.#clusterArn,
      });
    };
    this.lifecycle = new TaskLifecycle(kernel, draws, {
      onTaskChanged,
      onContainerInstanceChanged,
      onCapacityFreed: (containerInstance) => this.capacity.placeWaitingTasks(containerInstance),
      cancelWaiting: (task) => this.capacity.cancelWaiting(task),
      directoryFor: dependencies.directoryFor,
      startContainer: dependencies.startContainer,
      endContainer: dependencies.endContainer,
      endMount: dependencies.endMount,
    });
    this.agents = new Agents(kernel, draws, {
      cluster,
      lifecycle: this.lifecycle,
      ec2Instances: dependencies.ec2Instances,
      onContainerInstanceChanged,
      onTaskChanged,
      onRegistered: (containerInstance) => this.interruptions.onRegistered(containerInstance),
      placeWaitingTasks: (containerInstance) => this.capacity.placeWaitingTasks(containerInstance),
    });
    this.capacity = new CapacityProviders(kernel, draws, providers, {
      ec2Instances: dependencies.ec2Instances,
      tags: dependencies.tags,
      containerInstances: () => this.agents.containerInstances.values(),
      place: (task, containerInstance) => this.lifecycle.place(task, containerInstance),
      failWaitingTask: (task) => this.lifecycle.failWaitingTask(task),
    });
    this.interruptions = new Interruptions(kernel, draws, providers, {
      lifecycle: this.lifecycle,
      ec2Instances: dependencies.ec2Instances,
      containerInstances: () => this.agents.containerInstances.values(),
      onContainerInstanceChanged,
      replace: (provider) => this.capacity.launchReplacement(provider),
      publishEvent: dependencies.publishEvent,
    });
    this.#runTask = new RunTaskModel(kernel, draws, cluster, {
      tasks: this.tasks,
      definitions: this.definitions,
      capacity: this.capacity,
      containerInstances: this.agents.containerInstances,
      place: (task, containerInstance) => this.lifecycle.place(task, containerInstance),
      onAccepted: onTaskChanged,
      shape: (task) => taskShape(task, this.#clusterArn),
    });
  }

  handle(command: AwsCommand): unknown {
    const { input } = command;
    switch (command.constructor.name) {
      case 'RunTaskCommand':
        this.#throttle(this.#writeBucket);
        return this.#runTask.run(input as RunTaskCommandInput);
      case 'StopTaskCommand':
        this.#throttle(this.#writeBucket);
        return this.#stopTask(input as StopTaskCommandInput);
      case 'DescribeTasksCommand':
        this.#throttle(this.#readBucket);
        return this.#describeTasks(input as DescribeTasksCommandInput);
      case 'ListTasksCommand':
        this.#throttle(this.#readBucket);
        return this.#listTasks(input as ListTasksCommandInput);
      case 'DescribeContainerInstancesCommand':
        this.#throttle(this.#readBucket);
        return this.#describeContainerInstances(input as DescribeContainerInstancesCommandInput);
      case 'ListContainerInstancesCommand':
        this.#throttle(this.#readBucket);
        return this.#listContainerInstances(input as ListContainerInstancesCommandInput);
      case 'DeregisterContainerInstanceCommand':
        this.#throttle(this.#writeBucket);
        return this.#deregisterContainerInstance(input as DeregisterContainerInstanceCommandInput);
      case 'UpdateContainerInstancesStateCommand':
        return this.#updateState(input as UpdateContainerInstancesStateCommandInput);
      case 'RegisterTaskDefinitionCommand':
        return this.definitions.register(input as RegisterTaskDefinitionCommandInput);
      case 'DeregisterTaskDefinitionCommand':
        return this.definitions.deregister(input as DeregisterTaskDefinitionCommandInput);
      case 'DescribeTaskDefinitionCommand':
        return this.definitions.describe(input as DescribeTaskDefinitionCommandInput);
      case 'ListTaskDefinitionsCommand':
        return this.definitions.list(input as ListTaskDefinitionsCommandInput);
      case 'ListTaskDefinitionFamiliesCommand':
        return this.definitions.listFamilies(input as ListTaskDefinitionFamiliesCommandInput);
      default:
        throw new Error(`ECS is not modelled for ${command.constructor.name}`);
    }
  }

  #stopTask({ task: arn = '', reason }: StopTaskCommandInput) {
    checkTaskId(arn);
    const task = this.#find(arn);
    if (task === undefined) throw awsError('InvalidParameterException', 'The referenced task was not found.');
    this.lifecycle.requestStop(task, reason ?? 'Task stopped by user');
    return { task: taskShape(task, this.#clusterArn) };
  }

  #describeTasks({ tasks: arns = [] }: DescribeTasksCommandInput) {
    if (arns.length === 0 || arns.length > PAGE_SIZE) {
      throw awsError('InvalidParameterException', 'Tasks must be 1 to 100.');
    }
    const tasks = [];
    const failures = [];
    for (const arn of arns) {
      checkTaskId(arn);
      const task = this.#find(arn);
      if (task !== undefined && task.describableAt <= this.#kernel.now())
        tasks.push(taskShape(task, this.#clusterArn));
      else failures.push({ arn, reason: 'MISSING' });
    }
    // The order of the response is not documented.
    return { tasks: tasks.reverse(), failures };
  }

  #listTasks(input: ListTasksCommandInput) {
    const { family, startedBy, containerInstance, nextToken } = input;
    const { desiredStatus = 'RUNNING', maxResults = PAGE_SIZE } = input;
    if (startedBy !== undefined && (family !== undefined || input.desiredStatus !== undefined)) {
      throw awsError('InvalidParameterException', 'startedBy must be the only filter.');
    }
    const now = this.#kernel.now();
    const arns: string[] = [];
    for (const task of this.tasks.values()) {
      if (task.retainedUntil <= now) {
        this.tasks.delete(task.arn);
        this.forgottenTasks.push(task);
        continue;
      }
      if (nextToken !== undefined && task.arn <= nextToken) continue;
      const desired =
        task.desiredStatus === 'STOPPED' && now >= task.desiredStatusListedAt ? 'STOPPED' : 'RUNNING';
      if (task.listableAt > now || desired !== desiredStatus) continue;
      if (family !== undefined && task.definition.family !== family) continue;
      if (containerInstance !== undefined && task.containerInstance?.arn !== containerInstance) continue;
      if (startedBy !== undefined && task.request.startedBy !== startedBy) continue;
      if (arns.length === maxResults) return { taskArns: arns, nextToken: arns.at(-1) };
      arns.push(task.arn);
    }
    return { taskArns: arns };
  }

  #describeContainerInstances({ containerInstances: arns = [] }: DescribeContainerInstancesCommandInput) {
    if (arns.length === 0 || arns.length > PAGE_SIZE) {
      throw awsError('InvalidParameterException', 'Container instances must be 1 to 100.');
    }
    const containerInstances = [];
    const failures = [];
    for (const arn of arns) {
      const containerInstance = this.agents.containerInstances.get(arn);
      if (containerInstance === undefined) failures.push({ arn, reason: 'MISSING' });
      else containerInstances.push(containerInstanceShape(containerInstance));
    }
    return { containerInstances, failures };
  }

  #listContainerInstances({
    filter,
    status,
    maxResults = PAGE_SIZE,
    nextToken,
  }: ListContainerInstancesCommandInput) {
    const arns: string[] = [];
    for (const containerInstance of this.agents.containerInstances.values()) {
      const { arn, status: current } = containerInstance;
      if (nextToken !== undefined && arn <= nextToken) continue;
      if (status === undefined ? current === 'INACTIVE' : current !== status) continue;
      if (filter !== undefined && !matchesExpression(filter, containerInstance)) continue;
      if (arns.length === maxResults) return { containerInstanceArns: arns, nextToken: arns.at(-1) };
      arns.push(arn);
    }
    return { containerInstanceArns: arns };
  }

  #deregisterContainerInstance({
    containerInstance: arn = '',
    force,
  }: DeregisterContainerInstanceCommandInput) {
    const containerInstance = this.agents.containerInstances.get(arn);
    if (containerInstance === undefined || containerInstance.status === 'INACTIVE') {
      throw awsError('InvalidParameterException', 'Referenced container instance not found.');
    }
    if (!force && containerInstance.tasks.size > 0) {
      throw awsError('InvalidParameterException', 'Found running tasks on the instance.');
    }
    this.agents.deregister(containerInstance);
    return { containerInstance: containerInstanceShape(containerInstance) };
  }

  #updateState({ containerInstances: arns = [], status }: UpdateContainerInstancesStateCommandInput) {
    const changed = [];
    const failures = [];
    for (const id of arns) {
      const containerInstance = [...this.agents.containerInstances.values()].find(
        ({ arn }) => arn === id || arn.endsWith(`/${id}`),
      );
      if (containerInstance === undefined || containerInstance.status === 'INACTIVE') {
        failures.push({ arn: id, reason: containerInstance === undefined ? 'MISSING' : 'INACTIVE' });
        continue;
      }
      containerInstance.status = status === 'DRAINING' ? 'DRAINING' : 'ACTIVE';
      // This also ends the draining that AWS began.
      if (containerInstance.status === 'ACTIVE') delete containerInstance.drainingSince;
      containerInstance.version += 1;
      changed.push(containerInstanceShape(containerInstance));
      if (containerInstance.status === 'ACTIVE') this.capacity.placeWaitingTasks(containerInstance);
    }
    return { containerInstances: changed, failures };
  }

  /** @param id a task's ARN, or the part of it that identifies the task within the cluster */
  #find(id: string): Task | undefined {
    const arn = id.includes('/') ? id : `${this.#clusterArn.replace(':cluster/', ':task/')}/${id}`;
    const task = this.tasks.get(arn);
    return task !== undefined && task.retainedUntil > this.#kernel.now() ? task : undefined;
  }

  #throttle(bucket: TokenBucket): void {
    if (!bucket.take()) throw awsError('ThrottlingException', 'Rate exceeded');
  }

  #publishEvent(type: string, arn: string, shape: object): void {
    const detail = { ...toEventDetail(shape), updatedAt: new Date(this.#kernel.now()).toISOString() };
    this.#dependencies.publishEvent({ source: 'aws.ecs', 'detail-type': type, resources: [arn], detail });
  }
}

function checkTaskId(arn: string): void {
  if (!/(^|\/)[0-9a-f]{32}$/.test(arn)) {
    throw awsError('InvalidParameterException', 'taskId length should be one of [32,36]');
  }
}
