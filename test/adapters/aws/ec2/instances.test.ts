import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import type { AwsCommand } from '#test/simulation/world/aws-error.ts';
import type { SimulatedInstance } from '#test/simulation/world/simulated-instances.ts';
import { HOST_SETTINGS, INSTALLATION, WorldFixture } from '#test/simulation/world/world-fixture.ts';

const MINUTE = 60;
const INSTALLATION_TAGS = { 'workbench:installation': INSTALLATION };
const UNKNOWN = 'i-0123456789abcdef0';

/** Launched by whom the tags say. */
function launchInstance(subject: WorldFixture, tags: Readonly<Record<string, string>>): SimulatedInstance {
  return subject.world.ec2Instances.launch({
    instanceType: 'm5.large',
    size: { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
    tags,
    attributes: {},
    imageId: 'ami-1',
  });
}

/** An EC2 that answers each look with an empty page first. */
function withEmptyPageFirst(subject: WorldFixture) {
  const client = subject.world.clients();
  const send = async (command: AwsCommand) => {
    const first = command instanceof DescribeInstancesCommand && command.input.NextToken === undefined;
    return first ? { Reservations: [], NextToken: 'i-' } : subject.world.handle(command);
  };
  return { ...client, send } as typeof client;
}

async function readStates(subject: WorldFixture, ids: readonly string[]): Promise<(string | undefined)[]> {
  const states = await new Ec2Instances(subject.world.clients(), INSTALLATION).states(ids);
  return ids.map((id) => states.get(id));
}

const inTime = () => {};

describe('a look at machines', () => {
  it('takes no page for the last that names another', async () => {
    const subject = new WorldFixture();
    const { instanceId } = launchInstance(subject, INSTALLATION_TAGS);
    const machines = new Ec2Instances(withEmptyPageFirst(subject), INSTALLATION);
    expect([...(await machines.states([instanceId]))]).toEqual([[instanceId, 'pending']]);
    expect([...(await machines.describe([instanceId])).keys()]).toEqual([instanceId]);
  });

  it('finds the machine of an earlier launch on whatever page it is', async () => {
    const subject = new WorldFixture();
    const request = { userId: 'ada', workbenchId: 'wb1', instanceType: 'm5.large' };
    await subject.hosts().launch(request, 'wb1/host/1');
    const changed = { ...HOST_SETTINGS, launchTemplate: { id: 'lt-1', version: '4' } };
    const client = withEmptyPageFirst(subject);
    const hosts = new Ec2HostFleet(
      client,
      new ContainerInstances(client, 'workbench'),
      changed,
      subject.kernel,
    );
    expect(await hosts.launch(request, 'wb1/host/1')).toMatchObject({ kind: 'accepted' });
    expect(subject.world.ec2Instances.all.size).toBe(1);
  });

  it('at none of them asks for nothing', async () => {
    const machines = new Ec2Instances({ send: () => Promise.reject(new Error('asked')) }, INSTALLATION);
    expect(await machines.states([])).toEqual(new Map());
    expect(await machines.describe([])).toEqual(new Map());
  });
});

describe('the state of a machine', () => {
  it.each([
    ['of ours', INSTALLATION_TAGS],
    ['of another installation', { 'workbench:installation': 'other' }],
    ['without tags', {}],
  ])('is what EC2 says: one %s', async (_, tags) => {
    const subject = new WorldFixture();
    const machine = launchInstance(subject, tags);
    await subject.advance(2 * MINUTE);
    expect(await readStates(subject, [machine.instanceId])).toEqual(['running']);
    subject.world.ec2Instances.terminate(machine);
    expect(await readStates(subject, [machine.instanceId])).toEqual(['shutting-down']);
    await subject.advance(2 * MINUTE);
    expect(await readStates(subject, [machine.instanceId])).toEqual(['terminated']);
  });

  it('is terminated when EC2 does not know it any more, and nothing when it never was one of EC2', async () => {
    const subject = new WorldFixture();
    expect(await readStates(subject, [UNKNOWN, 'mi-0123456789abcdef0'])).toEqual(['terminated', 'pending']);
    expect(await readStates(subject, ['mi-0123456789abcdef0'])).toEqual(['pending']);
  });

  it('is told of one that is not ours, which is neither described nor terminated', async () => {
    const subject = new WorldFixture();
    const foreign = launchInstance(subject, {});
    await subject.advance(2 * MINUTE);
    const machines = new Ec2Instances(subject.world.clients(), INSTALLATION);
    await machines.terminate(foreign.instanceId, inTime);
    expect(await machines.describe([foreign.instanceId])).toEqual(new Map());
    expect(foreign.state).toBe('running');
  });
});
