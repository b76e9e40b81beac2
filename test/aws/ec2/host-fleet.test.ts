import { CreateLaunchTemplateCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { ListContainerInstancesCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { tagOf } from '#adapters/aws/ec2/instances.ts';
import { type HostSettings, INSTALLATION_TAG, WORKBENCH_TAG } from '#adapters/aws/ec2/settings.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { systemClock } from '#adapters/system-clock.ts';
import { waitRealStep } from '#test/contracts/eventually.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { clusterOnMoto, type MotoCluster } from '../cluster-on-moto.ts';
import { uniqueName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';

const REQUEST = { userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large' };

async function fleetOnMoto() {
  const moto = await clusterOnMoto(inject('emulators').moto);
  const settings = await hostSettings(moto);
  const instances = new ContainerInstances(moto.ecs, moto.cluster);
  return { moto, settings, open: () => new Ec2HostFleet(moto.ec2, instances, settings, systemClock) };
}

async function hostSettings(moto: MotoCluster): Promise<HostSettings> {
  const [subnet = '', ...subnets] = moto.subnets;
  const { LaunchTemplate } = await moto.ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: uniqueName('template-'),
      LaunchTemplateData: { ImageId: moto.imageId },
    }),
  );
  return {
    cluster: moto.cluster,
    installation: moto.installation,
    launchTemplate: { id: LaunchTemplate?.LaunchTemplateId ?? '', version: '1' },
    subnets: [subnet, ...subnets],
  };
}

describeHostFleetContract(
  'Ec2HostFleet on moto',
  async () => {
    const { moto, open } = await fleetOnMoto();
    return {
      hosts: open(),
      request: (change) => ({ ...REQUEST, ...change }),
      async pass() {
        await moto.registerAgents();
        await waitRealStep();
      },
      reopen: async () => open(),
      end: () => moto.end(),
    };
  },
  exceptionsFor({
    'launches one instance for one client token, for sequential and concurrent calls': 'motoLaunchToken',
    'terminates an instance, which then cannot be started and is not listed': 'motoLaunchToken',
    'returns its instances and tokens after it was closed and opened again': 'motoLaunchToken',
  }),
);

describe('a dedicated machine on moto', () => {
  let moto: MotoCluster;
  let settings: HostSettings;
  let hosts: Ec2HostFleet;
  beforeEach(async () => {
    const fleet = await fleetOnMoto();
    ({ moto, settings } = fleet);
    hosts = fleet.open();
  });
  afterEach(() => moto.end());

  async function launched(): Promise<string> {
    const outcome = await hosts.launch(REQUEST, 'wb1/host/1');
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    return outcome.host.instanceId;
  }

  it('is launched as asked for, from the template', async () => {
    const instanceId = await launched();
    const [machine] = await moto.instances();
    expect(machine).toMatchObject({
      InstanceId: instanceId,
      InstanceType: 'm5.large',
      ImageId: moto.imageId,
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    expect(settings.subnets).toContain(machine?.SubnetId);
    const { Volumes = [] } = await moto.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
    );
    for (const tagged of [machine, ...Volumes]) {
      expect(tagged && tagOf(tagged, INSTALLATION_TAG)).toBe(moto.installation);
      expect(tagged && tagOf(tagged, WORKBENCH_TAG)).toBe('wb1');
    }
    expect(Volumes.length).toBeGreaterThan(0);
  });

  it('joins the cluster by its user data, and is off it once it is seen to be terminated', async () => {
    const instanceId = await launched();
    await expect
      .poll(async () => {
        await moto.registerAgents();
        return hosts.describe([instanceId]);
      })
      .toMatchObject([{ state: 'running', agentConnected: true }]);
    await hosts.terminate(instanceId);
    expect(await registered()).toHaveLength(1);
    await expect.poll(async () => (await hosts.describe([instanceId]))[0]?.state).toBe('terminated');
    expect(await registered()).toEqual([]);
  });

  it('is not described, stopped or terminated when it is not of this installation', async () => {
    const other = await clusterOnMoto(inject('emulators').moto);
    const instanceId = await other.launchInstance();
    await hosts.stop(instanceId);
    await hosts.terminate(instanceId);
    expect(await hosts.describe([instanceId])).toMatchObject([{ state: 'terminated' }]);
    expect((await other.instances()).map(({ State }) => State?.Name)).toEqual(['running']);
    await other.end();
  });

  async function registered(): Promise<readonly string[]> {
    const { containerInstanceArns = [] } = await moto.ecs.send(
      new ListContainerInstancesCommand({ cluster: moto.cluster }),
    );
    return containerInstanceArns;
  }
});
