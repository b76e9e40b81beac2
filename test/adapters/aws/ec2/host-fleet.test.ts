import { DescribeInstancesCommand, type RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { runInstancesInput } from '#adapters/aws/ec2/run-instances-input.ts';
import type { HostSettings } from '#adapters/aws/ec2/settings.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { type AwsCommand, awsError } from '#test/simulation/world/aws-error.ts';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { HOST_SETTINGS, INSTALLATION, WorldFixture } from '#test/simulation/world/world-fixture.ts';

describeHostFleetContract('Ec2HostFleet', async () => {
  const subject = new WorldFixture();
  return {
    hosts: subject.hosts(),
    request: (change) => ({ userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large', ...change }),
    pass: () => subject.advance(1),
    reopen: async () => subject.hosts(),
    end: async () => {},
  };
});

const MINUTE = 60;
const REQUEST = { userId: 'Zoë', workbenchId: 'wb1', instanceType: 'm5.large' };

function fleet(options: Partial<WorldOptions> = {}) {
  const subject = new WorldFixture(options);
  const hosts = subject.hosts();
  const launch = async (token = 'wb1/host/1') => {
    const outcome = await hosts.launch(REQUEST, token);
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    return outcome.host.instanceId;
  };
  const machine = (instanceId: string) => {
    const found = subject.world.ec2Instances.all.get(instanceId);
    if (found === undefined) throw new Error('no such machine');
    return found;
  };
  const look = async (instanceId: string) => (await subject.hosts().describe([instanceId]))[0];
  return { subject, world: subject.world, hosts, launch, machine, look };
}

describe('the launch of a dedicated machine', () => {
  const decoded = ({ UserData = '' }: RunInstancesCommandInput) => Buffer.from(UserData, 'base64').toString();

  it('keeps its credentials from containers and its attribute for its workbench', () => {
    const request = runInstancesInput(HOST_SETTINGS, REQUEST, 'wb1/host/1');
    expect(request).toMatchObject({
      ClientToken: 'wb1/host/1',
      LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    expect(decoded(request)).toContain('\nECS_CLUSTER=workbench\n');
    expect(decoded(request)).toContain('\nECS_INSTANCE_ATTRIBUTES={"workbench":"wb1"}\n');
  });

  it('tags the machine, its disks and its interface', () => {
    const { TagSpecifications = [] } = runInstancesInput(HOST_SETTINGS, REQUEST, 'wb1/host/1');
    expect(TagSpecifications.map(({ ResourceType }) => ResourceType)).toEqual([
      'instance',
      'volume',
      'network-interface',
    ]);
    for (const { Tags } of TagSpecifications) {
      expect(Tags).toContainEqual({ Key: 'workbench:installation', Value: INSTALLATION });
      expect(Tags).toContainEqual({ Key: 'workbench:id', Value: 'wb1' });
    }
  });

  it('takes the template for GPUs for the types that have them', () => {
    const settings: HostSettings = {
      ...HOST_SETTINGS,
      gpuLaunchTemplate: { id: 'lt-gpu', version: '1' },
      gpuInstanceTypes: new Set(['g5.xlarge']),
    };
    const of = (instanceType: string) =>
      runInstancesInput(settings, { ...REQUEST, instanceType }, 't').LaunchTemplate?.LaunchTemplateId;
    expect([of('g5.xlarge'), of('m5.large')]).toEqual(['lt-gpu', 'lt-1']);
  });

  it('goes to the same subnet with the same token, and to all of them with many', () => {
    const subnets = Array.from({ length: 30 }, (_, n) =>
      runInstancesInput(HOST_SETTINGS, REQUEST, `wb1/host/${n}`),
    );
    const again = Array.from({ length: 30 }, (_, n) =>
      runInstancesInput(HOST_SETTINGS, REQUEST, `wb1/host/${n}`),
    );
    expect(again).toEqual(subnets);
    expect(new Set(subnets.map(({ SubnetId }) => SubnetId)).size).toBe(2);
  });

  it('is not answered before the machine can be seen, and is the same launch then', async () => {
    const { subject, world, hosts, launch } = fleet({ hazards: { describeIsStale: 1 } });
    await expect(hosts.launch(REQUEST, 'wb1/host/1')).rejects.toMatchObject({ kind: 'unavailable' });
    await subject.advance(10);
    expect(world.ec2Instances.all.has(await launch())).toBe(true);
    expect(world.ec2Instances.all.size).toBe(1);
  });

  it('is not called lost by a function that asked while it was young, and was frozen until it was old', async () => {
    const { subject } = fleet({ hazards: { describeIsStale: 1 } });
    const client = subject.world.clients();
    const send = async (command: AwsCommand) => {
      const answer = await client.send(command as DescribeInstancesCommand);
      if (command instanceof DescribeInstancesCommand) await subject.kernel.sleep(3_600_000);
      return answer;
    };
    const instances = new ContainerInstances(client, 'workbench');
    const hosts = new Ec2HostFleet({ send } as typeof client, instances, HOST_SETTINGS, subject.kernel);
    const launching = hosts.launch(REQUEST, 'wb1/host/1').catch((error: unknown) => error);
    await subject.advance(2 * 60 * MINUTE);
    expect(await launching).toMatchObject({ kind: 'unavailable' });
  });

  it('finds the machine of an earlier call after the settings have changed', async () => {
    const { subject, launch, world } = fleet();
    const instanceId = await launch();
    const changed = subject.hosts({ launchTemplate: { id: 'lt-1', version: '4' } });
    expect(await changed.launch(REQUEST, 'wb1/host/1')).toMatchObject({ host: { instanceId } });
    expect(world.ec2Instances.all.size).toBe(1);
  });

  it('is refused for want of a machine, and then there is none', async () => {
    const { hosts, world } = fleet({ hazards: { noCapacity: 1 } });
    expect(await hosts.launch(REQUEST, 'wb1/host/1')).toMatchObject({
      kind: 'refused',
      code: 'no_capacity',
      retryable: true,
    });
    expect(world.ec2Instances.all.size).toBe(0);
  });

  it('answers one forgotten by EC2 as terminated, though its token is still known', async () => {
    const { subject, hosts, launch } = fleet();
    const instanceId = await launch();
    await hosts.terminate(instanceId);
    await subject.advance(70 * MINUTE);
    expect(await hosts.launch(REQUEST, 'wb1/host/1')).toMatchObject({
      host: { instanceId, state: 'terminated', workbenchId: 'wb1' },
    });
  });
});

describe('a dedicated machine', () => {
  it('says whose it is and when it was launched', async () => {
    const { subject, launch, look } = fleet();
    const launchedAt = subject.kernel.now();
    expect(await look(await launch())).toMatchObject({ workbenchId: 'wb1', userId: 'Zoë', launchedAt });
  });

  it('cannot be started for want of capacity, or with an image that is too old', async () => {
    const { subject, world, hosts, launch } = fleet();
    const instanceId = await launch();
    await hosts.stop(instanceId);
    await subject.advance(2 * MINUTE);
    const strict = subject.hosts({ acceptedImages: new Set(['ami-2']) });
    expect(await strict.start(instanceId)).toMatchObject({ kind: 'refused', code: 'start_refused' });
    const send = async (command: AwsCommand) => {
      if (command.constructor.name === 'StartInstancesCommand')
        throw awsError('InsufficientInstanceCapacity', '');
      return world.handle(command);
    };
    const client = { send } as unknown as ConstructorParameters<typeof Ec2HostFleet>[0];
    const instances = new ContainerInstances(world.clients(), 'workbench');
    const full = new Ec2HostFleet(client, instances, HOST_SETTINGS, subject.kernel);
    expect(await full.start(instanceId)).toMatchObject({ kind: 'refused', code: 'no_capacity' });
  });

  it('that is still stopping is not started, and not given up either', async () => {
    const { hosts, launch } = fleet();
    const instanceId = await launch();
    await hosts.stop(instanceId);
    await expect(hosts.start(instanceId)).rejects.toMatchObject({ kind: 'throttled' });
  });

  it('that cannot be stopped while it is pending is asked again', async () => {
    const { subject, hosts, launch, machine } = fleet({ hazards: { pendingInstanceCannotStop: 1 } });
    const instanceId = await launch();
    await expect(hosts.stop(instanceId)).rejects.toMatchObject({ kind: 'throttled' });
    await subject.advance(30);
    await hosts.stop(instanceId);
    expect(machine(instanceId).state).toBe('stopping');
  });

  it('that was terminated while stopped is off the cluster by the time it is seen as terminated', async () => {
    const { subject, world, hosts, launch, look } = fleet();
    const instanceId = await launch();
    await subject.advance(2 * MINUTE);
    await hosts.stop(instanceId);
    await subject.advance(3 * MINUTE);
    await hosts.terminate(instanceId);
    expect(await look(instanceId)).toMatchObject({ state: 'shutting-down' });
    await subject.advance(1 * MINUTE);
    expect(world.staleRegistrations).toHaveLength(1);
    expect(await look(instanceId)).toMatchObject({ state: 'terminated' });
    expect(world.staleRegistrations).toEqual([]);
  });

  it('is not taken off the cluster before it is terminated', async () => {
    const { subject, world, hosts, launch, look } = fleet();
    const instanceId = await launch();
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    await hosts.stop(instanceId);
    await subject.advance(3 * MINUTE);
    await look(instanceId);
    await hosts.terminate(instanceId);
    await look(instanceId);
    expect(registered?.status).toBe('ACTIVE');
  });
});

describe('a machine that is not ours', () => {
  it.each([
    ['of another installation', { 'workbench:installation': 'other', 'workbench:id': 'wb1' }],
    ['of a capacity provider', { 'workbench:installation': INSTALLATION }],
    ['without tags', {}],
  ])('is never touched: %s', async (_, tags) => {
    const { subject, world, hosts, look } = fleet();
    const machine = world.ec2Instances.launch({
      instanceType: 'm5.large',
      size: { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
      tags,
      attributes: {},
      imageId: 'ami-1',
    });
    await subject.advance(2 * MINUTE);
    const { instanceId } = machine;
    await hosts.stop(instanceId);
    await hosts.terminate(instanceId);
    expect(await hosts.start(instanceId)).toMatchObject({ kind: 'refused' });
    expect(machine.state).toBe('running');
    expect(await look(instanceId)).toEqual({ instanceId, state: 'terminated', agentConnected: false });
    expect(await hosts.list()).toEqual({ hosts: [] });
  });
});

describe('what is registered although its machine is terminated', () => {
  it('is taken off the cluster by the audit, and nothing else is', async () => {
    const { subject, world, launch, machine } = fleet();
    const ids = [await launch('1'), await launch('2'), await launch('3')];
    await subject.advance(2 * MINUTE);
    const [first, second] = [...world.ecs.agents.containerInstances.values()];
    if (first === undefined || second === undefined) throw new Error('not registered');
    world.ecs.agents.disconnect(first);
    world.ecs.agents.disconnect(second);
    world.ec2Instances.terminate(machine(ids[0] ?? ''));
    await subject.advance(2 * MINUTE);
    const instances = new ContainerInstances(world.clients(), 'workbench');
    const machines = new Ec2Instances(world.clients(), INSTALLATION);
    expect(await instances.deregisterTerminatedInstances(machines)).toBe(1);
    expect(await instances.deregisterTerminatedInstances(machines)).toBe(0);
    expect(world.staleRegistrations).toEqual([]);
    expect(second.status).toBe('ACTIVE');
  });

  it('is not a machine without our tag that lives and is silent', async () => {
    const { subject, world } = fleet();
    const foreign = world.ec2Instances.launch({
      instanceType: 'm5.large',
      size: { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
      tags: {},
      attributes: {},
      imageId: 'ami-1',
    });
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    if (registered === undefined) throw new Error('not registered');
    world.ecs.agents.disconnect(registered);
    const instances = new ContainerInstances(world.clients(), 'workbench');
    const machines = new Ec2Instances(world.clients(), INSTALLATION);
    expect(await instances.deregisterTerminatedInstances(machines)).toBe(0);
    expect(registered.status).toBe('ACTIVE');
    world.ec2Instances.terminate(foreign);
    await subject.advance(2 * MINUTE);
    expect(await instances.deregisterTerminatedInstances(machines)).toBe(1);
  });

  it('is none whose state was not told', async () => {
    const { subject, world, launch } = fleet();
    await launch();
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    if (registered === undefined) throw new Error('not registered');
    world.ecs.agents.disconnect(registered);
    const instances = new ContainerInstances(world.clients(), 'workbench');
    expect(await instances.deregisterTerminatedInstances({ states: async () => new Map() })).toBe(0);
    expect(registered.status).toBe('ACTIVE');
  });
});
