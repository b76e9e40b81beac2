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
const UNKNOWN_ID = 'i-0123456789abcdef0';

/** Launches an instance with these tags. */
function launchInstance(subject: WorldFixture, tags: Readonly<Record<string, string>>): SimulatedInstance {
  return subject.world.ec2Instances.launch({
    instanceType: 'm5.large',
    size: { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
    tags,
    attributes: {},
    imageId: 'ami-1',
  });
}

/** An EC2 whose first page is always empty. */
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

const noDeadline = () => {};

describe('the description of instances', () => {
  it('reads the next page after an empty one', async () => {
    const subject = new WorldFixture();
    const { instanceId } = launchInstance(subject, INSTALLATION_TAGS);
    const instances = new Ec2Instances(withEmptyPageFirst(subject), INSTALLATION);
    expect([...(await instances.states([instanceId]))]).toEqual([[instanceId, 'pending']]);
    expect([...(await instances.describe([instanceId])).keys()]).toEqual([instanceId]);
  });

  it('finds the instance of an earlier launch on a later page', async () => {
    const subject = new WorldFixture();
    const request = { userId: 'ada', workbenchId: 'wb1', instanceType: 'm5.large', generation: 1 };
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

  it('makes no call without instance ids', async () => {
    const instances = new Ec2Instances(
      { send: () => Promise.reject(new Error('a call was made')) },
      INSTALLATION,
    );
    expect(await instances.states([])).toEqual(new Map());
    expect(await instances.describe([])).toEqual(new Map());
  });
});

describe('the state of an instance', () => {
  it.each([
    ['of this installation', INSTALLATION_TAGS],
    ['of another installation', { 'workbench:installation': 'other' }],
    ['without tags', {}],
  ])('is the one that EC2 reports: %s', async (_, tags) => {
    const subject = new WorldFixture();
    const instance = launchInstance(subject, tags);
    await subject.advance(2 * MINUTE);
    expect(await readStates(subject, [instance.instanceId])).toEqual(['running']);
    subject.world.ec2Instances.terminate(instance);
    expect(await readStates(subject, [instance.instanceId])).toEqual(['shutting-down']);
    await subject.advance(2 * MINUTE);
    expect(await readStates(subject, [instance.instanceId])).toEqual(['terminated']);
  });

  it('is terminated if EC2 no longer knows the instance, and pending if it is no EC2 instance', async () => {
    const subject = new WorldFixture();
    expect(await readStates(subject, [UNKNOWN_ID, 'mi-0123456789abcdef0'])).toEqual([
      'terminated',
      'pending',
    ]);
    expect(await readStates(subject, ['mi-0123456789abcdef0'])).toEqual(['pending']);
  });

  it('is reported for an instance of another owner, which is neither described nor terminated', async () => {
    const subject = new WorldFixture();
    const foreign = launchInstance(subject, {});
    await subject.advance(2 * MINUTE);
    const instances = new Ec2Instances(subject.world.clients(), INSTALLATION);
    await instances.terminate(foreign.instanceId, noDeadline);
    expect(await instances.describe([foreign.instanceId])).toEqual(new Map());
    expect(foreign.state).toBe('running');
  });
});
