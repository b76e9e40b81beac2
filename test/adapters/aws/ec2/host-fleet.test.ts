import { DescribeInstancesCommand, type Instance, type RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { HostSettings } from '#adapters/aws/ec2/run-instances-input.ts';
import { runInstancesInput } from '#adapters/aws/ec2/run-instances-input.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { type AwsCommand, awsError } from '#test/simulation/world/aws-error.ts';
import { STATE_REASONS } from '#test/simulation/world/reasons.ts';
import type { WorldOptions } from '#test/simulation/world/world.ts';
import { HOST_SETTINGS, INSTALLATION, WorldFixture } from '#test/simulation/world/world-fixture.ts';

describeHostFleetContract('Ec2HostFleet', async () => {
  const subject = new WorldFixture();
  return {
    hosts: subject.hosts(),
    request: (change) => ({
      userId: 'alice',
      workbenchId: 'wb1',
      instanceType: 'm5.large',
      generation: 1,
      ...change,
    }),
    pass: () => subject.advance(1),
    reopen: async () => subject.hosts(),
    end: async () => {},
  };
});

const MINUTE = 60;
const REQUEST = { userId: 'Zoë', workbenchId: 'wb1', instanceType: 'm5.large', generation: 1 };

function fleet(options: Partial<WorldOptions> = {}) {
  const subject = new WorldFixture(options);
  const hosts = subject.hosts();
  const launch = async (token = 'wb1/host/1') => {
    const outcome = await hosts.launch(REQUEST, token);
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    return outcome.host.instanceId;
  };
  const instance = (instanceId: string) => {
    const found = subject.world.ec2Instances.all.get(instanceId);
    if (found === undefined) throw new Error('no such instance');
    return found;
  };
  const describeHost = async (instanceId: string) => (await subject.hosts().describe([instanceId]))[0];
  return { subject, world: subject.world, hosts, launch, instance, describeHost };
}

describe('the launch of a host', () => {
  const decodeUserData = ({ UserData = '' }: RunInstancesCommandInput) =>
    Buffer.from(UserData, 'base64').toString();

  it('hides the credentials of the instance from containers and sets the attribute of its workbench', () => {
    const request = runInstancesInput(HOST_SETTINGS, REQUEST, 'wb1/host/1');
    expect(request).toMatchObject({
      ClientToken: 'wb1/host/1',
      LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    expect(decodeUserData(request)).toContain('\nECS_CLUSTER=workbench\n');
    expect(decodeUserData(request)).toContain('\nECS_INSTANCE_ATTRIBUTES={"workbench":"wb1"}\n');
  });

  it('tags the instance, its disks and its network interface', () => {
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

  it('uses the GPU launch template for instance types with GPUs', () => {
    const settings: HostSettings = {
      ...HOST_SETTINGS,
      gpuLaunchTemplate: { id: 'lt-gpu', version: '1' },
      gpuInstanceTypes: new Set(['g5.xlarge']),
    };
    const templateFor = (instanceType: string) =>
      runInstancesInput(settings, { ...REQUEST, instanceType }, 't').LaunchTemplate?.LaunchTemplateId;
    expect([templateFor('g5.xlarge'), templateFor('m5.large')]).toEqual(['lt-gpu', 'lt-1']);
  });

  it('uses the same subnet for the same launch, and the next subnet for the next generation', () => {
    const subnetOf = (workbenchId: string, generation: number) =>
      runInstancesInput(HOST_SETTINGS, { ...REQUEST, workbenchId, generation }, 't').SubnetId;
    for (let generation = 1; generation < 5; generation += 1) {
      expect(subnetOf('wb1', generation)).toBe(subnetOf('wb1', generation));
      expect(subnetOf('wb1', generation + 1)).not.toBe(subnetOf('wb1', generation));
    }
    const first = Array.from({ length: 30 }, (_, n) => subnetOf(`wb${n}`, 1));
    expect(new Set(first).size).toBe(2);
  });

  it('is not accepted before the instance is visible; the retry then returns the same instance', async () => {
    const { subject, world, hosts, launch } = fleet({ hazards: { describeIsStale: 1 } });
    await expect(hosts.launch(REQUEST, 'wb1/host/1')).rejects.toMatchObject({ kind: 'unavailable' });
    await subject.advance(10);
    expect(world.ec2Instances.all.has(await launch())).toBe(true);
    expect(world.ec2Instances.all.size).toBe(1);
  });

  it('does not count as lost if the process described the new instance and was then frozen for an hour', async () => {
    const { subject } = fleet({ hazards: { describeIsStale: 1 } });
    const client = subject.world.clients();
    const send = async (command: AwsCommand) => {
      const response = await client.send(command as DescribeInstancesCommand);
      if (command instanceof DescribeInstancesCommand) await subject.kernel.sleep(3_600_000);
      return response;
    };
    const containerInstances = new ContainerInstances(client, 'workbench');
    const hosts = new Ec2HostFleet(
      { send } as typeof client,
      containerInstances,
      HOST_SETTINGS,
      subject.kernel,
    );
    const launching = hosts.launch(REQUEST, 'wb1/host/1').catch((error: unknown) => error);
    await subject.advance(2 * 60 * MINUTE);
    expect(await launching).toMatchObject({ kind: 'unavailable' });
  });

  it('returns the instance of an earlier call with the same token after the settings have changed', async () => {
    const { subject, launch, world } = fleet();
    const instanceId = await launch();
    const changed = subject.hosts({ launchTemplate: { id: 'lt-1', version: '4' } });
    expect(await changed.launch(REQUEST, 'wb1/host/1')).toMatchObject({ host: { instanceId } });
    expect(world.ec2Instances.all.size).toBe(1);
  });

  it('is refused if EC2 has no capacity, and launches nothing', async () => {
    const { hosts, world } = fleet({ hazards: { noCapacity: 1 } });
    expect(await hosts.launch(REQUEST, 'wb1/host/1')).toMatchObject({
      kind: 'refused',
      code: 'no_capacity',
      retryable: true,
    });
    expect(world.ec2Instances.all.size).toBe(0);
  });

  /** EC2 rejects each launch with this error, and describes its instances as before. */
  function rejecting(subject: WorldFixture, error: string) {
    const { world } = subject;
    const send = async (command: AwsCommand) => {
      if (command.constructor.name !== 'RunInstancesCommand') return world.handle(command);
      throw awsError(error, '');
    };
    const client = { send } as unknown as ConstructorParameters<typeof Ec2HostFleet>[0];
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    return new Ec2HostFleet(client, containerInstances, HOST_SETTINGS, subject.kernel);
  }

  it.each([
    ['InsufficientFreeAddressesInSubnet', 'no_capacity', true],
    ['InsufficientVolumeCapacity', 'no_capacity', true],
    ['VolumeLimitExceeded', 'no_capacity', true],
    ['MaxIOPSLimitExceeded', 'no_capacity', true],
    ['NetworkInterfaceLimitExceeded', 'no_capacity', true],
    ['PendingVerification', 'no_capacity', true],
    ['VcpuLimitExceeded', 'no_capacity', true],
    ['UnauthorizedOperation', 'start_refused', true],
    ['InvalidSubnetID.NotFound', 'start_refused', false],
  ])('that EC2 rejects with %s is refused with %s, retryable: %s', async (error, code, retryable) => {
    const { subject } = fleet();
    expect(await rejecting(subject, error).launch(REQUEST, 'wb1/host/1')).toEqual({
      kind: 'refused',
      code,
      message: expect.stringContaining(error),
      retryable,
    });
  });

  describe('whose token EC2 rejects because its instance has ended', () => {
    const withEndedToken = (subject: WorldFixture) => rejecting(subject, 'IdempotentInstanceTerminated');

    it.each([
      ['shutting-down', 1],
      ['terminated', 2 * MINUTE],
    ])('returns the instance while EC2 describes it as %s', async (state, seconds) => {
      const { subject, hosts, launch } = fleet();
      const instanceId = await launch();
      await hosts.terminate(instanceId);
      await subject.advance(seconds);
      expect(await withEndedToken(subject).launch(REQUEST, 'wb1/host/1')).toMatchObject({
        kind: 'accepted',
        host: { instanceId, state },
      });
    });

    it('is refused once EC2 no longer describes the instance', async () => {
      const { subject, hosts, launch } = fleet();
      await hosts.terminate(await launch());
      await subject.advance(70 * MINUTE);
      expect(await withEndedToken(subject).launch(REQUEST, 'wb1/host/1')).toEqual({
        kind: 'refused',
        code: 'instance_lost',
        message: 'The instance of this launch is terminated.',
        retryable: true,
      });
    });
  });

  it('returns a terminated host if EC2 still knows the token but no longer describes the instance', async () => {
    const { subject, hosts, launch } = fleet();
    const instanceId = await launch();
    await hosts.terminate(instanceId);
    await subject.advance(70 * MINUTE);
    expect(await hosts.launch(REQUEST, 'wb1/host/1')).toMatchObject({
      host: { instanceId, state: 'terminated', workbenchId: 'wb1' },
    });
  });

  it('that failed has its reason although EC2 no longer describes the instance', async () => {
    const { subject, world, hosts, launch, instance } = fleet();
    world.ec2Instances.failLaunch(instance(await launch()), 2000, 'Server.InternalError');
    await subject.advance(70 * MINUTE);
    expect(await hosts.launch(REQUEST, 'wb1/host/1')).toMatchObject({
      host: { state: 'terminated', stateReason: STATE_REASONS['Server.InternalError'] },
    });
  });

  it('whose instance EC2 does not show yet counts as terminated if the clock is ahead, without a reason', async () => {
    const { subject, world } = fleet({ hazards: { describeIsStale: 1 } });
    const send = async (command: AwsCommand) => {
      const response = (await world.handle(command)) as { Instances?: Instance[] };
      if (command.constructor.name !== 'RunInstancesCommand') return response;
      // What EC2 returns of each new instance.
      const StateReason = { Code: 'pending', Message: 'pending' };
      return { Instances: response.Instances?.map((launched) => ({ ...launched, StateReason })) };
    };
    const client = { send } as unknown as ConstructorParameters<typeof Ec2HostFleet>[0];
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    const ahead = { now: () => subject.kernel.now() + 10 * MINUTE * 1000 };
    const hosts = new Ec2HostFleet(client, containerInstances, HOST_SETTINGS, ahead);
    const outcome = await hosts.launch(REQUEST, 'wb1/host/1');
    expect(outcome).toMatchObject({ host: { state: 'terminated' } });
    expect(outcome).not.toHaveProperty('host.stateReason');
  });
});

describe('a host', () => {
  it('is described with its workbench, its user and its launch time', async () => {
    const { subject, launch, describeHost } = fleet();
    const launchedAt = subject.kernel.now();
    expect(await describeHost(await launch())).toMatchObject({
      workbenchId: 'wb1',
      userId: 'Zoë',
      launchedAt,
    });
  });

  /** EC2 describes its instances, and ECS its container instances, with these fields in addition. */
  async function describeWith(ec2Fields: object, ecsFields: object, subject: WorldFixture, id: string) {
    const { world } = subject;
    const extend = (fields: object) => async (command: AwsCommand) => {
      const response = structuredClone(await world.handle(command)) as {
        Reservations?: { Instances?: object[] }[];
        containerInstances?: object[];
      };
      for (const { Instances = [] } of response.Reservations ?? [])
        for (const instance of Instances) Object.assign(instance, fields);
      for (const registered of response.containerInstances ?? []) Object.assign(registered, fields);
      return response;
    };
    const ecs = { send: extend(ecsFields) } as unknown as ConstructorParameters<typeof ContainerInstances>[0];
    const ec2 = { send: extend(ec2Fields) } as unknown as ConstructorParameters<typeof Ec2HostFleet>[0];
    const containerInstances = new ContainerInstances(ecs, 'workbench');
    const hosts = new Ec2HostFleet(ec2, containerInstances, HOST_SETTINGS, subject.kernel);
    return (await hosts.describe([id]))[0];
  }

  it('is ready only once ECS shows the attribute that the placement of its task requires', async () => {
    const { subject, launch } = fleet();
    const instanceId = await launch();
    await subject.advance(2 * MINUTE);
    const describeAttributes = (attributes: object[]) =>
      describeWith({}, { attributes }, subject, instanceId);
    expect(await describeAttributes([])).toMatchObject({ state: 'running', agentConnected: false });
    const other = { name: 'workbench', value: 'wb2' };
    expect(await describeAttributes([other])).toMatchObject({ agentConnected: false });
    const own = { name: 'workbench', value: 'wb1' };
    expect(await describeAttributes([own])).toMatchObject({ agentConnected: true });
  });

  it.each([
    [
      { Code: 'Client.VolumeLimitExceeded', Message: 'Client.VolumeLimitExceeded: Volume limit exceeded' },
      'Client.VolumeLimitExceeded: Volume limit exceeded',
    ],
    [{ Code: 'Server.InternalError', Message: 'Internal' }, 'Server.InternalError: Internal'],
    [{ Code: 'pending' }, 'pending'],
    [{ Message: 'm'.repeat(300) }, 'm'.repeat(200)],
    [{}, undefined],
  ])('is described with the reason for its state: %j', async (StateReason, stateReason) => {
    const { subject, launch } = fleet();
    const host = await describeWith({ StateReason }, {}, subject, await launch());
    expect(host?.stateReason).toBe(stateReason);
  });

  it('is not started if EC2 has no capacity or its AMI is outdated', async () => {
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
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    const withoutCapacity = new Ec2HostFleet(client, containerInstances, HOST_SETTINGS, subject.kernel);
    expect(await withoutCapacity.start(instanceId)).toMatchObject({ kind: 'refused', code: 'no_capacity' });
  });

  it('throttles the start while it is still stopping', async () => {
    const { hosts, launch } = fleet();
    const instanceId = await launch();
    await hosts.stop(instanceId);
    await expect(hosts.start(instanceId)).rejects.toMatchObject({ kind: 'throttled' });
  });

  it('throttles the stop while it is pending, so that the stop is retried', async () => {
    const { subject, hosts, launch, instance } = fleet({ hazards: { pendingInstanceCannotStop: 1 } });
    const instanceId = await launch();
    await expect(hosts.stop(instanceId)).rejects.toMatchObject({ kind: 'throttled' });
    await subject.advance(30);
    await hosts.stop(instanceId);
    expect(instance(instanceId).state).toBe('stopping');
  });

  it('is deregistered before it is described as terminated, if it was terminated while stopped', async () => {
    const { subject, world, hosts, launch, describeHost } = fleet();
    const instanceId = await launch();
    await subject.advance(2 * MINUTE);
    await hosts.stop(instanceId);
    await subject.advance(3 * MINUTE);
    await hosts.terminate(instanceId);
    expect(await describeHost(instanceId)).toMatchObject({ state: 'shutting-down' });
    await subject.advance(1 * MINUTE);
    expect(world.staleRegistrations).toHaveLength(1);
    expect(await describeHost(instanceId)).toMatchObject({ state: 'terminated' });
    expect(world.staleRegistrations).toEqual([]);
  });

  it('is not deregistered before it is terminated', async () => {
    const { subject, world, hosts, launch, describeHost } = fleet();
    const instanceId = await launch();
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    await hosts.stop(instanceId);
    await subject.advance(3 * MINUTE);
    await describeHost(instanceId);
    await hosts.terminate(instanceId);
    await describeHost(instanceId);
    expect(registered?.status).toBe('ACTIVE');
  });
});

describe('an instance that is no host of this installation', () => {
  it.each([
    ['of another installation', { 'workbench:installation': 'other', 'workbench:id': 'wb1' }],
    ['of a capacity provider', { 'workbench:installation': INSTALLATION }],
    ['without tags', {}],
  ])('is never changed: %s', async (_, tags) => {
    const { subject, world, hosts, describeHost } = fleet();
    const other = world.ec2Instances.launch({
      instanceType: 'm5.large',
      size: { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
      tags,
      attributes: {},
      imageId: 'ami-1',
    });
    await subject.advance(2 * MINUTE);
    const { instanceId } = other;
    await hosts.stop(instanceId);
    await hosts.terminate(instanceId);
    expect(await hosts.start(instanceId)).toMatchObject({ kind: 'refused' });
    expect(other.state).toBe('running');
    expect(await describeHost(instanceId)).toEqual({
      instanceId,
      state: 'terminated',
      agentConnected: false,
    });
    expect(await hosts.list()).toEqual({ hosts: [] });
  });
});

describe('the registration of a terminated instance', () => {
  it('is removed by the sweep, and no other registration is', async () => {
    const { subject, world, launch, instance } = fleet();
    const ids = [await launch('1'), await launch('2'), await launch('3')];
    await subject.advance(2 * MINUTE);
    const [first, second] = [...world.ecs.agents.containerInstances.values()];
    if (first === undefined || second === undefined) throw new Error('not registered');
    world.ecs.agents.disconnect(first);
    world.ecs.agents.disconnect(second);
    world.ec2Instances.terminate(instance(ids[0] ?? ''));
    await subject.advance(2 * MINUTE);
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    const ec2Instances = new Ec2Instances(world.clients(), INSTALLATION);
    expect(await containerInstances.deregisterTerminatedInstances(ec2Instances)).toBe(1);
    expect(await containerInstances.deregisterTerminatedInstances(ec2Instances)).toBe(0);
    expect(world.staleRegistrations).toEqual([]);
    expect(second.status).toBe('ACTIVE');
  });

  it('is kept while an instance without the tag is live, even if its agent is disconnected', async () => {
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
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    const ec2Instances = new Ec2Instances(world.clients(), INSTALLATION);
    expect(await containerInstances.deregisterTerminatedInstances(ec2Instances)).toBe(0);
    expect(registered.status).toBe('ACTIVE');
    world.ec2Instances.terminate(foreign);
    await subject.advance(2 * MINUTE);
    expect(await containerInstances.deregisterTerminatedInstances(ec2Instances)).toBe(1);
  });

  it('is kept if the state of the instance is unknown', async () => {
    const { subject, world, launch } = fleet();
    await launch();
    await subject.advance(2 * MINUTE);
    const [registered] = world.ecs.agents.containerInstances.values();
    if (registered === undefined) throw new Error('not registered');
    world.ecs.agents.disconnect(registered);
    const containerInstances = new ContainerInstances(world.clients(), 'workbench');
    expect(await containerInstances.deregisterTerminatedInstances({ states: async () => new Map() })).toBe(0);
    expect(registered.status).toBe('ACTIVE');
  });
});
