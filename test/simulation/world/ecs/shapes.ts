import type { ContainerInstance as ContainerInstanceShape, Task as TaskShape } from '@aws-sdk/client-ecs';
import type { ContainerInstance, Definition, Task } from './types.ts';

export const REGION_AND_ACCOUNT = 'us-east-1:123456789012';

function toDate(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}

/** A task as DescribeTasks and RunTask answer it. An event's detail is the same with times as text. */
export function taskShape(task: Task, clusterArn: string): TaskShape {
  const { definition, request, instance, address } = task;
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
    containerInstanceArn: instance?.arn,
    connectivity: instance === undefined ? undefined : instance.agentConnected ? 'CONNECTED' : 'DISCONNECTED',
    healthStatus: task.lastStatus === 'RUNNING' ? 'HEALTHY' : 'UNKNOWN',
    createdAt: toDate(task.createdAt),
    startedAt: toDate(task.startedAt),
    stoppingAt: toDate(task.stoppingAt),
    stoppedAt: toDate(task.stoppedAt),
    stopCode: ended || task.stopCode === 'UserInitiated' ? task.stopCode : undefined,
    stoppedReason: ended || task.stopCode === 'UserInitiated' ? task.stoppedReason : undefined,
    tags: ended ? [] : request.tags,
    containers: (definition.input.containerDefinitions ?? []).map(({ name, image, essential }) => ({
      name,
      image,
      taskArn: task.arn,
      lastStatus: task.lastStatus,
      exitCode: ended && essential !== false ? task.exitCode : undefined,
      reason: ended && essential !== false ? task.containerReason : undefined,
    })),
  };
  return omitUndefined(shape) as TaskShape;
}

export function containerInstanceShape(instance: ContainerInstance): ContainerInstanceShape {
  const { ec2Instance: machine, free } = instance;
  const { size, provider, attributes } = machine.spec;
  const resources = (of: { cpuUnits: number; memoryMib: number; gpuCount: number }) => [
    { name: 'CPU', type: 'INTEGER', integerValue: of.cpuUnits },
    { name: 'MEMORY', type: 'INTEGER', integerValue: of.memoryMib },
    ...(size.gpuCount === 0
      ? []
      : [
          {
            name: 'GPU',
            type: 'STRINGSET',
            stringSetValue: Array.from({ length: of.gpuCount }, (_, n) => `gpu${n}`),
          },
        ]),
  ];
  return omitUndefined({
    containerInstanceArn: instance.arn,
    ec2InstanceId: machine.instanceId,
    version: instance.version,
    status: instance.status,
    agentConnected: instance.agentConnected,
    registeredResources: resources(size),
    remainingResources: resources(free),
    runningTasksCount: [...instance.tasks].filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: [...instance.tasks].filter(({ lastStatus }) => lastStatus === 'PENDING').length,
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
    registeredAt: new Date(instance.registeredAt),
    capacityProviderName: provider,
  }) as ContainerInstanceShape;
}

export function definitionShape({ input, arn, revision, active }: Definition) {
  const { tags: _tags, ...rest } = input;
  return { ...rest, taskDefinitionArn: arn, revision, status: active ? 'ACTIVE' : 'INACTIVE' } as const;
}

/** What an event carries instead of dates, and of what events do not carry: tags and health. */
export function toEventDetail(shape: object): Record<string, unknown> {
  const detail: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(shape)) {
    if (name === 'tags' || name === 'healthStatus') continue;
    detail[name] = value instanceof Date ? value.toISOString() : value;
  }
  return detail;
}

function omitUndefined(shape: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(shape)) if (shape[name] === undefined) delete shape[name];
  return shape;
}
