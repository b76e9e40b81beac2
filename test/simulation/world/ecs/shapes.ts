import type { ContainerInstance as ContainerInstanceShape, Task as TaskShape } from '@aws-sdk/client-ecs';
import type { ContainerInstance, Definition, Task } from './types.ts';

export const REGION_AND_ACCOUNT = 'us-east-1:123456789012';

function toDate(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

/** A task as DescribeTasks and RunTask return it. `toEventDetail` makes the detail of an event from it. */
export function taskShape(task: Task, clusterArn: string): TaskShape {
  const { definition, request, containerInstance, address } = task;
  const attachment = {
    id: `eni-attach-${task.arn.slice(-8)}`,
    type: 'eni',
    status: task.lastStatus === 'STOPPED' ? 'DELETED' : address === undefined ? 'PRECREATED' : 'ATTACHED',
    details: address === undefined ? [] : [{ name: 'privateIPv4Address', value: address }],
  };
  const ended = task.lastStatus === 'STOPPED';
  const shape: Record<string, unknown> = {
    taskArn: task.arn,
    clusterArn,
    taskDefinitionArn: definition.arn,
    version: task.version,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    group: request.group,
    startedBy: request.startedBy,
    overrides: request.overrides,
    cpu: String(task.size.cpuUnits),
    memory: String(task.size.memoryMib),
    launchType: 'EC2',
    capacityProviderName: task.provider,
    attachments: [attachment],
    containerInstanceArn: containerInstance?.arn,
    connectivity: connectivityOf(containerInstance),
    healthStatus: task.lastStatus === 'RUNNING' ? 'HEALTHY' : 'UNKNOWN',
    createdAt: toDate(task.createdAt),
    startedAt: toDate(task.startedAt),
    stoppingAt: toDate(task.stoppingAt),
    stoppedAt: toDate(task.stoppedAt),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    tags: ended ? [] : request.tags,
    containers: (definition.input.containerDefinitions ?? []).map(({ name, image, essential }) => ({
      name,
      image,
      taskArn: task.arn,
      ...(essential === false ? companionShape(task) : workbenchContainerShape(task)),
    })),
  };
  return omitUndefined(shape) as TaskShape;
}

/** Docker's id of a container. The agent reports it once the container has been created. */
function workbenchContainerShape({ arn, container, lastStatus, exitCode, containerReason }: Task) {
  const shape = { lastStatus, runtimeId: container === undefined ? undefined : `docker-${arn.slice(-8)}` };
  return omitUndefined(lastStatus === 'STOPPED' ? { ...shape, exitCode, reason: containerReason } : shape);
}

function companionShape({ lastStatus, companionReason }: Task) {
  return companionReason === undefined ? { lastStatus } : { lastStatus: 'STOPPED', reason: companionReason };
}

function connectivityOf(containerInstance: ContainerInstance | undefined): string | undefined {
  if (containerInstance === undefined) return undefined;
  return containerInstance.agentConnected ? 'CONNECTED' : 'DISCONNECTED';
}

/** A container instance as DescribeContainerInstances returns it. */
export function containerInstanceShape(containerInstance: ContainerInstance): ContainerInstanceShape {
  const { ec2Instance, free, tasks } = containerInstance;
  const { size, provider, attributes } = ec2Instance.spec;
  const countTasks = (status: Task['lastStatus']) =>
    [...tasks].filter(({ lastStatus }) => lastStatus === status).length;
  const resources = (amount: { cpuUnits: number; memoryMib: number; gpuCount: number }) => [
    { name: 'CPU', type: 'INTEGER', integerValue: amount.cpuUnits },
    { name: 'MEMORY', type: 'INTEGER', integerValue: amount.memoryMib },
    ...(size.gpuCount === 0
      ? []
      : [
          {
            name: 'GPU',
            type: 'STRINGSET',
            stringSetValue: Array.from({ length: amount.gpuCount }, (_, n) => `gpu${n}`),
          },
        ]),
  ];
  return omitUndefined({
    containerInstanceArn: containerInstance.arn,
    ec2InstanceId: ec2Instance.instanceId,
    version: containerInstance.version,
    status: containerInstance.status,
    agentConnected: containerInstance.agentConnected,
    registeredResources: resources(size),
    remainingResources: resources(free),
    runningTasksCount: countTasks('RUNNING'),
    pendingTasksCount: countTasks('PENDING'),
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
    registeredAt: new Date(containerInstance.registeredAt),
    capacityProviderName: provider,
  }) as ContainerInstanceShape;
}

export function definitionShape({ input, arn, revision, active }: Definition) {
  const { tags: _tags, ...rest } = input;
  return { ...rest, taskDefinitionArn: arn, revision, status: active ? 'ACTIVE' : 'INACTIVE' } as const;
}

/** The detail of an event: dates as ISO 8601 text, without tags and health status, which events do not carry. */
export function toEventDetail(shape: object): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  for (const name of Object.keys(shape)) {
    if (name === 'tags' || name === 'healthStatus') continue;
    const value = (shape as Readonly<Record<string, unknown>>)[name];
    detail[name] = value instanceof Date ? value.toISOString() : value;
  }
  return detail;
}

/** A copy: an object whose fields were deleted is slow to read. */
function omitUndefined(shape: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(shape)) if (shape[name] !== undefined) kept[name] = shape[name];
  return kept;
}
