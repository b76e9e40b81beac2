import { describe, expect, it } from 'vitest';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { HostSettings } from '#adapters/aws/ec2/run-instances-input.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { instanceUserData } from '#contract/instance-user-data.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { recordingClient } from './recording-client.ts';

const SETTINGS: HostSettings = {
  cluster: 'staging',
  installation: 'staging-installation',
  launchTemplate: { id: 'lt-1', version: '3' },
  gpuLaunchTemplate: { id: 'lt-2', version: '4' },
  gpuInstanceTypes: new Set(['g5.xlarge']),
  subnets: ['subnet-1', 'subnet-2'],
  pinnedImage: true,
  tags: { team: 'ide' },
};

/** `Zoë` as base64url: a tag does not allow every character of a user id. */
const USER = 'Wm_Dqw';
const INSTALLATION_FILTER = { Name: 'tag:workbench:installation', Values: ['staging-installation'] };

/** A fleet with one instance in this state. */
function fleetWith(state: string) {
  const recorded = recordingClient({
    RunInstances: { Instances: [{ InstanceId: 'i-1' }] },
    DescribeInstances: {
      Reservations: [
        {
          Instances: [
            {
              InstanceId: 'i-1',
              State: { Name: state },
              Tags: [
                { Key: 'workbench:installation', Value: 'staging-installation' },
                { Key: 'workbench:id', Value: 'wb1' },
              ],
            },
          ],
        },
      ],
    },
  });
  const { client } = recorded;
  const containerInstances = new ContainerInstances(recordingClient().client, 'staging');
  return {
    ...recorded,
    hosts: new Ec2HostFleet(client, containerInstances, SETTINGS, new ManualClock()),
    instances: new Ec2Instances(client, SETTINGS.installation),
  };
}

const request = { userId: 'Zoë', workbenchId: 'wb1', instanceType: 'm6i.large', generation: 1 };

describe('RunInstances', () => {
  const Tags = [
    { Key: 'team', Value: 'ide' },
    { Key: 'Name', Value: 'workbench wb1' },
    // The permissions of the functions require the first of these tags. The controller reads all of them.
    { Key: 'workbench:installation', Value: 'staging-installation' },
    { Key: 'workbench:id', Value: 'wb1' },
    { Key: 'workbench:user', Value: USER },
    { Key: 'workbench:launch', Value: 'wb1/host/1' },
  ];
  const RUN_INSTANCES = {
    // Makes a retry return the instance of the first call.
    ClientToken: 'wb1/host/1',
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '3' },
    InstanceType: 'm6i.large',
    // Chosen by workbench and generation, so that a retry names the same one.
    SubnetId: 'subnet-1',
    UserData: expect.any(String),
    // A hop limit of 1 keeps containers from the credentials of the instance.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // A shutdown from within keeps the disk, as StopInstances does.
    InstanceInitiatedShutdownBehavior: 'stop',
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
  };

  it('launches one instance from the template, with a client token and tags', async () => {
    const { hosts, inputsOf } = fleetWith('pending');
    await hosts.launch(request, 'wb1/host/1');
    expect(inputsOf('RunInstances')).toEqual([RUN_INSTANCES]);
  });

  it('uses the template for GPUs for an instance type with GPUs', async () => {
    const { hosts, inputsOf } = fleetWith('pending');
    await hosts.launch({ ...request, instanceType: 'g5.xlarge' }, 'wb1/host/1');
    expect(inputsOf('RunInstances')).toEqual([
      {
        ...RUN_INSTANCES,
        LaunchTemplate: { LaunchTemplateId: 'lt-2', Version: '4' },
        InstanceType: 'g5.xlarge',
      },
    ]);
  });

  it('joins the cluster with the attribute of the workbench', async () => {
    const { hosts, inputsOf } = fleetWith('pending');
    await hosts.launch(request, 'wb1/host/1');
    const [{ UserData }] = inputsOf('RunInstances') as [{ UserData: string }];
    expect(Buffer.from(UserData, 'base64').toString('utf8')).toBe(
      instanceUserData({
        cluster: 'staging',
        // The placement constraint of RunTask names it.
        attributes: { workbench: 'wb1' },
        pinnedImage: true,
      }),
    );
  });

  it('is confirmed by DescribeInstances with the tag of the installation', async () => {
    const { hosts, inputsOf } = fleetWith('pending');
    await hosts.launch(request, 'wb1/host/1');
    expect(inputsOf('DescribeInstances')).toEqual([
      {
        // A filter, because an unknown id in `InstanceIds` fails the whole call.
        Filters: [INSTALLATION_FILTER, { Name: 'instance-id', Values: ['i-1'] }],
        MaxResults: 100,
      },
    ]);
  });
});

describe('a host', () => {
  it('is started', async () => {
    const { hosts, inputsOf } = fleetWith('stopped');
    await hosts.start('i-1');
    expect(inputsOf('StartInstances')).toEqual([{ InstanceIds: ['i-1'] }]);
  });

  it('is stopped without force and without hibernation', async () => {
    const { hosts, inputsOf } = fleetWith('running');
    await hosts.stop('i-1');
    expect(inputsOf('StopInstances')).toEqual([{ InstanceIds: ['i-1'] }]);
  });

  it('is terminated', async () => {
    const { hosts, inputsOf } = fleetWith('running');
    await hosts.terminate('i-1');
    expect(inputsOf('TerminateInstances')).toEqual([{ InstanceIds: ['i-1'] }]);
  });

  it('is listed by its tags, in every state in which it costs money', async () => {
    const { hosts, sent } = fleetWith('running');
    await hosts.list();
    await hosts.list('next');
    const input = {
      Filters: [
        INSTALLATION_FILTER,
        { Name: 'tag-key', Values: ['workbench:id'] },
        {
          Name: 'instance-state-name',
          Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
        },
      ],
      MaxResults: 100,
    };
    expect(sent).toEqual([
      { name: 'DescribeInstances', input },
      { name: 'DescribeInstances', input: { ...input, NextToken: 'next' } },
    ]);
  });

  it('whose launch was refused is searched for by the client token of the launch', async () => {
    const { client, inputsOf } = recordingClient({
      RunInstances: () => {
        throw Object.assign(new Error(), { name: 'InsufficientInstanceCapacity' });
      },
    });
    const containerInstances = new ContainerInstances(recordingClient().client, 'staging');
    await new Ec2HostFleet(client, containerInstances, SETTINGS, new ManualClock()).launch(
      request,
      'wb1/host/1',
    );
    expect(inputsOf('DescribeInstances')).toEqual([
      {
        Filters: [INSTALLATION_FILTER, { Name: 'tag:workbench:launch', Values: ['wb1/host/1'] }],
        MaxResults: 100,
      },
    ]);
  });
});

it('the states of instances are read without the tag, so that foreign instances do not count as terminated', async () => {
  const { instances, sent } = fleetWith('running');
  await instances.states(['i-1', 'mi-1']);
  expect(sent).toEqual([
    {
      name: 'DescribeInstances',
      input: { Filters: [{ Name: 'instance-id', Values: ['i-1'] }], MaxResults: 100 },
    },
  ]);
});
