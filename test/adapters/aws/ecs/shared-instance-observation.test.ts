import { describe, expect, it } from 'vitest';
import {
  type ContainerInstanceFields,
  toInstanceObservation,
} from '#adapters/aws/ecs/shared-instance-observation.ts';

const ARN =
  'arn:aws:ecs:eu-central-1:123456789012:container-instance/workbench/0123456789abcdef0123456789abcdef';
const shared: ContainerInstanceFields = {
  containerInstanceArn: ARN,
  version: 5,
  status: 'ACTIVE',
  agentConnected: true,
  capacityProviderName: 'gpu',
  attributes: [{ name: 'ecs.instance-type', value: 'g4dn.xlarge' }],
  runningTasksCount: 2,
  pendingTasksCount: 1,
  remainingResources: [
    { name: 'CPU', integerValue: 3072 },
    { name: 'MEMORY', integerValue: 13_000 },
    { name: 'PORTS', stringSetValue: ['22'] },
    { name: 'GPU', stringSetValue: ['GPU-1', 'GPU-2'] },
  ],
};
const observed = (change: Partial<ContainerInstanceFields> = {}) =>
  toInstanceObservation({ ...shared, ...change }, 1_900_000_000_000);

describe('the observation of a shared instance', () => {
  it('has all fields', () => {
    expect(observed()).toEqual({
      containerInstanceId: '0123456789abcdef0123456789abcdef',
      provider: 'gpu',
      acceptsTasks: true,
      free: { cpuUnits: 3072, memoryMib: 13_000, gpuCount: 2 },
      tasks: 3,
      trunked: false,
      version: 5,
      at: 1_900_000_000_000,
    });
  });

  it('takes the provider from the attribute if ECS names none', () => {
    const attributes = [{ name: 'workbench-provider', value: 'small' }];
    expect(observed({ capacityProviderName: undefined, attributes })?.provider).toBe('small');
    expect(observed({ attributes })?.provider).toBe('gpu');
    expect(observed({ capacityProviderName: undefined })).not.toHaveProperty('provider');
  });

  it('has a trunk if the agent has registered with one', () => {
    const attributes = [{ name: 'ecs.awsvpc-trunk-id', value: 'eni-1' }];
    expect(observed({ attributes })?.trunked).toBe(true);
  });

  it.each([
    [{ runningTasksCount: 4, pendingTasksCount: undefined }, 4],
    [{ runningTasksCount: undefined, pendingTasksCount: 2 }, 2],
    [{ runningTasksCount: 0, pendingTasksCount: null }, 0],
  ])('counts the tasks of %j: %i', (counts, tasks) => {
    expect(observed(counts)?.tasks).toBe(tasks);
  });

  const withoutCounts = { runningTasksCount: undefined, pendingTasksCount: null };
  const resources = (cpu: number, memory: number) => [
    { name: 'CPU', integerValue: cpu },
    { name: 'MEMORY', integerValue: memory },
  ];
  it.each([
    ['nothing is used', resources(3072, 13_000), 0],
    ['CPU is used', resources(4096, 13_000), 1],
    ['memory is used', resources(3072, 15_000), 1],
    ['nothing is known', undefined, 0],
  ])('without counts, has at least one task if some capacity is used: %s', (_case, registered, tasks) => {
    expect(observed({ ...withoutCounts, registeredResources: registered })?.tasks).toBe(tasks);
  });

  it.each([
    [{ agentConnected: false }],
    [{ agentConnected: undefined }],
    [{ status: 'DRAINING' }],
    [{ status: 'INACTIVE' }],
    [{ status: 'REGISTERING' }],
  ])('accepts no tasks with %j', (change) => {
    expect(observed(change)?.acceptsTasks).toBe(false);
  });

  it('counts missing and negative resources as 0', () => {
    expect(observed({ remainingResources: undefined })?.free).toEqual({
      cpuUnits: 0,
      memoryMib: 0,
      gpuCount: 0,
    });
    const overdrawn = [{ name: 'CPU', integerValue: -64 }];
    expect(observed({ remainingResources: overdrawn })?.free.cpuUnits).toBe(0);
  });

  it.each([
    [{ attributes: [{ name: 'workbench', value: '01jf0000000000000000000001' }] }, 'a host'],
    [{ containerInstanceArn: undefined }, 'no id'],
    [{ containerInstanceArn: `${ARN}${'0'.repeat(64)}` }, 'an id that is too long'],
    [{ version: undefined }, 'no version'],
  ])('is undefined for %j (%s)', (change, _case) => {
    expect(observed(change)).toBeUndefined();
  });
});
