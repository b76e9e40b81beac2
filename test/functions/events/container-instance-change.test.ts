import { beforeEach, describe, expect, it } from 'vitest';
import { build, readContainerInstanceEvent } from '#functions/events/container-instance-change.ts';
import { MemoryWorld } from '#test/memory/memory-world.ts';
import { overrideMethods } from '#test/memory/override-methods.ts';
import { settingsWith } from '../call-api.ts';

const CONTAINER_INSTANCE = '0123456789abcdef0123456789abcdef';
const TIME = '2030-01-01T00:00:00Z';
const AT = Date.parse(TIME);

/** An event of ECS, with fields that the function does not read. */
function containerInstanceEvent(detail: Readonly<Record<string, unknown>> = {}) {
  return {
    version: '0',
    source: 'aws.ecs',
    'detail-type': 'ECS Container Instance State Change',
    time: TIME,
    region: 'eu-central-1',
    detail: {
      clusterArn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/workbench',
      containerInstanceArn: `arn:aws:ecs:eu-central-1:123456789012:container-instance/workbench/${CONTAINER_INSTANCE}`,
      ec2InstanceId: 'i-1',
      agentConnected: true,
      status: 'ACTIVE',
      version: 14801,
      attributes: [
        { name: 'com.amazonaws.ecs.capability.logging-driver.awslogs' },
        { name: 'ecs.os-type', value: null },
        { name: 'workbench-provider', value: 'small' },
        { name: 'ecs.awsvpc-trunk-id', value: 'eni-1' },
      ],
      registeredResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: 2048 },
        { name: 'MEMORY', type: 'INTEGER', integerValue: 3768 },
      ],
      remainingResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: 1988 },
        { name: 'MEMORY', type: 'INTEGER', integerValue: 767 },
        { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2376'] },
      ],
      ...detail,
    },
  };
}

const dedicatedTo = (workbenchId: string) => ({ attributes: [{ name: 'workbench', value: workbenchId }] });

describe('an event of a container instance', () => {
  it('is parsed to an observation for placement and one for the host', () => {
    expect(readContainerInstanceEvent(containerInstanceEvent())).toEqual({
      host: { instanceId: 'i-1', state: 'running', agentConnected: true },
      sharedInstance: {
        containerInstanceId: CONTAINER_INSTANCE,
        provider: 'small',
        acceptsTasks: true,
        free: { cpuUnits: 1988, memoryMib: 767, gpuCount: 0 },
        tasks: 1,
        trunked: true,
        version: 14801,
        at: AT,
      },
    });
  });

  it.each([
    [{ agentConnected: false }, false],
    [{ status: 'DRAINING' }, false],
    [{ status: 'INACTIVE' }, false],
    [{}, true],
  ])('reports whether the agent accepts tasks (%j)', (detail, connected) => {
    const change = readContainerInstanceEvent(containerInstanceEvent(detail));
    expect(change?.host.agentConnected).toBe(connected);
    expect(change?.sharedInstance?.acceptsTasks).toBe(connected);
  });

  it('of a host has no observation for placement', () => {
    const change = readContainerInstanceEvent(containerInstanceEvent(dedicatedTo('wb')));
    expect(change).toEqual({ host: { instanceId: 'i-1', state: 'running', agentConnected: true } });
  });

  it('has the number of tasks, with which some events come', () => {
    const counted = containerInstanceEvent({ runningTasksCount: 3, pendingTasksCount: null });
    expect(readContainerInstanceEvent(counted)?.sharedInstance?.tasks).toBe(3);
  });

  it('has the provider that ECS reports', () => {
    const detail = { capacityProviderName: 'large' };
    expect(readContainerInstanceEvent(containerInstanceEvent(detail))?.sharedInstance?.provider).toBe(
      'large',
    );
  });

  it.each([
    [{ ...containerInstanceEvent(), source: 'com.example' }],
    [{ ...containerInstanceEvent(), 'detail-type': 'ECS Task State Change' }],
    [{ ...containerInstanceEvent(), time: 'yesterday' }],
    [containerInstanceEvent({ version: '14801' })],
    [containerInstanceEvent({ ec2InstanceId: undefined })],
    ['nonsense'],
    [undefined],
  ])('of another type, or malformed, is ignored (%#)', async (event) => {
    const world = new MemoryWorld();
    expect(readContainerInstanceEvent(event)).toBeUndefined();
    await build(world.ports, settingsWith())(event);
    expect(await world.freeCapacity.list(AT)).toEqual([]);
    expect(world.telemetry.counts.get('event_ignored')).toBe(1);
  });
});

describe('an event of a shared instance', () => {
  let world: MemoryWorld;
  let lookups: string[];
  let handler: (event: unknown) => Promise<void>;
  beforeEach(() => {
    world = new MemoryWorld();
    lookups = [];
    const workbenches = overrideMethods(world.ports.workbenches, {
      findByInstanceId: async (instanceId) => {
        lookups.push(instanceId);
        return undefined;
      },
    });
    handler = build({ ...world.ports, workbenches }, settingsWith());
  });
  const freeCapacity = () => world.freeCapacity.list(AT);

  it('stores the free capacity without searching for a workbench', async () => {
    await handler(containerInstanceEvent());
    expect(await freeCapacity()).toMatchObject([
      { containerInstanceId: CONTAINER_INSTANCE, provider: 'small', memoryMib: 767 },
    ]);
    expect(lookups).toEqual([]);
  });

  it('changes nothing if it is repeated or late', async () => {
    const resources = (memory: number) => ({
      remainingResources: [{ name: 'MEMORY', type: 'INTEGER', integerValue: memory }],
    });
    await handler(containerInstanceEvent({ version: 3, ...resources(300) }));
    await handler(containerInstanceEvent({ version: 3, ...resources(301) }));
    await handler(containerInstanceEvent({ version: 2, ...resources(200) }));
    expect(await freeCapacity()).toMatchObject([{ version: 3, memoryMib: 300 }]);
  });

  it.each([[{ status: 'INACTIVE' }], [{ status: 'DRAINING' }], [{ agentConnected: false }]])(
    'deletes the free capacity if the instance accepts no more tasks (%j)',
    async (detail) => {
      await handler(containerInstanceEvent());
      await handler(containerInstanceEvent({ version: 14802, ...detail }));
      expect(await freeCapacity()).toEqual([]);
    },
  );

  it('stores nothing for an unknown capacity provider', async () => {
    await handler(containerInstanceEvent({ capacityProviderName: 'of-another-cluster' }));
    expect(await freeCapacity()).toEqual([]);
    expect(world.telemetry.counts.get('event_ignored')).toBe(1);
  });
});

describe('an event of a host', () => {
  it('makes its workbench due if the agent disconnects', async () => {
    const world = new MemoryWorld({ events: false });
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const handler = build(world.ports, settingsWith());
    const event = {
      ec2InstanceId: key.host?.instanceId,
      agentConnected: false,
      ...dedicatedTo(key.workbenchId),
    };
    await handler(containerInstanceEvent(event));
    expect((await world.read(key)).nextDriveAt).toBe(world.clock.now());
    expect(await world.freeCapacity.list(AT)).toEqual([]);
  });

  it('changes nothing if the agent is still connected', async () => {
    const world = new MemoryWorld();
    const key = await world.waitForStatus(
      await world.create({ dedicatedInstanceType: 'm7i.large' }),
      'running',
    );
    const handler = build(world.ports, settingsWith());
    await handler(
      containerInstanceEvent({ ec2InstanceId: key.host?.instanceId, ...dedicatedTo(key.workbenchId) }),
    );
    await handler(containerInstanceEvent({ ec2InstanceId: 'i-unknown', ...dedicatedTo('wb') }));
    expect(await world.read(key)).toEqual(key);
  });
});
