import { CreateLaunchTemplateCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { ListContainerInstancesCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { tagOf } from '#adapters/aws/ec2/instances.ts';
import type { HostSettings } from '#adapters/aws/ec2/run-instances-input.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { systemClock } from '#adapters/system-clock.ts';
import { INSTALLATION_TAG, WORKBENCH_TAG } from '#contract/tags.ts';
import { waitRealStep } from '#test/contracts/eventually.ts';
import { describeHostFleetContract } from '#test/contracts/host-fleet.ts';
import { clusterOnMoto, type MotoCluster } from '../cluster-on-moto.ts';
import { uniqueName } from '../connection.ts';
import { exceptionsFor } from '../emulator-deviations.ts';

/** Bounds the polls; under load an emulator needs more than the default of one second. */
const POLL_OPTIONS = { timeout: 20_000 };

const REQUEST = { userId: 'alice', workbenchId: 'wb1', instanceType: 'm5.large', generation: 1 };

async function fleetOnMoto() {
  const moto = await clusterOnMoto(inject('emulators').moto);
  const settings = await createHostSettings(moto);
  const instances = new ContainerInstances(moto.ecs, moto.cluster);
  return { moto, settings, open: () => new Ec2HostFleet(moto.ec2, instances, settings, systemClock) };
}

async function createHostSettings(moto: MotoCluster): Promise<HostSettings> {
  const [firstSubnet = '', ...otherSubnets] = moto.subnets;
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
    subnets: [firstSubnet, ...otherSubnets],
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

describe('a host on moto', () => {
  let moto: MotoCluster;
  let settings: HostSettings;
  let hosts: Ec2HostFleet;
  beforeEach(async () => {
    const fleet = await fleetOnMoto();
    ({ moto, settings } = fleet);
    hosts = fleet.open();
  });
  afterEach(() => moto.end());

  async function launch(): Promise<string> {
    const outcome = await hosts.launch(REQUEST, 'wb1/host/1');
    if (outcome.kind !== 'accepted') throw new Error(outcome.message);
    return outcome.host.instanceId;
  }

  it('is launched with the requested type from the launch template', async () => {
    const instanceId = await launch();
    const [instance] = await moto.describeInstances();
    expect(instance).toMatchObject({
      InstanceId: instanceId,
      InstanceType: 'm5.large',
      ImageId: moto.imageId,
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    expect(settings.subnets).toContain(instance?.SubnetId);
    const { Volumes = [] } = await moto.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
    );
    for (const tagged of [instance, ...Volumes]) {
      expect(tagged && tagOf(tagged, INSTALLATION_TAG)).toBe(moto.installation);
      expect(tagged && tagOf(tagged, WORKBENCH_TAG)).toBe('wb1');
    }
    expect(Volumes.length).toBeGreaterThan(0);
  });

  it('joins the cluster by its user data, and is deregistered once it is described as terminated', async () => {
    const instanceId = await launch();
    await expect
      .poll(async () => {
        await moto.registerAgents();
        return hosts.describe([instanceId]);
      }, POLL_OPTIONS)
      .toMatchObject([{ state: 'running', agentConnected: true }]);
    await hosts.terminate(instanceId);
    expect(await listRegistered()).toHaveLength(1);
    await expect
      .poll(async () => (await hosts.describe([instanceId]))[0]?.state, POLL_OPTIONS)
      .toBe('terminated');
    expect(await listRegistered()).toEqual([]);
  });

  it('is not described, stopped or terminated if it belongs to another installation', async () => {
    const other = await clusterOnMoto(inject('emulators').moto);
    const instanceId = await other.launchInstance();
    await hosts.stop(instanceId);
    await hosts.terminate(instanceId);
    expect(await hosts.describe([instanceId])).toMatchObject([{ state: 'terminated' }]);
    expect((await other.describeInstances()).map(({ State }) => State?.Name)).toEqual(['running']);
    await other.end();
  });

  async function listRegistered(): Promise<readonly string[]> {
    const { containerInstanceArns = [] } = await moto.ecs.send(
      new ListContainerInstancesCommand({ cluster: moto.cluster }),
    );
    return containerInstanceArns;
  }
});
