import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';

/** The task settings of an installation on this cluster. */
export function taskSettings(installed: {
  readonly cluster: string;
  readonly installation: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
}): TaskSettings {
  const { cluster, installation, subnets, securityGroups } = installed;
  return {
    cluster,
    familyPrefix: installation,
    image: 'registry.example/workbench:1',
    bootCommand: 'start-workbench',
    port: 8080,
    mountPath: '/workbench',
    baseUrl: (workbenchId) => `https://workbenches.example/project/${workbenchId}`,
    subnets,
    securityGroups,
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    taskRoleArn: 'arn:aws:iam::123456789012:role/task',
    logs: { group: 'workbenches', region: 'eu-central-1' },
    tags: { stage: 'test' },
  };
}

export function taskInput(change: Partial<TaskInput> = {}): TaskInput {
  return {
    userId: 'alice',
    workbenchId: '01jf0000000000000000000001',
    runId: 'run1',
    attempt: 1,
    name: 'mine',
    cpuUnits: 1024,
    memoryMib: 2048,
    gpuCount: 0,
    placement: { kind: 'provider', provider: 'small' },
    mount: { fileSystemId: 'fs-12345678', accessPointId: 'fsap-12345678' },
    ...change,
  };
}
