import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  type Instance,
  RegisterImageCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  DeregisterContainerInstanceCommand,
  ListContainerInstancesCommand,
  PutAttributesCommand,
  RegisterContainerInstanceCommand,
} from '@aws-sdk/client-ecs';
import { createEcsClient } from '#adapters/aws/clients.ts';
import { createEc2Client } from '#adapters/aws/ec2/clients.ts';
import { INSTALLATION_TAG, PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import { connection, uniqueName } from './connection.ts';

/**
 * An empty ECS cluster on moto, in the default network of moto. moto runs no agents: an instance joins the cluster only when
 * `registerAgents` or `launchInstance` registers it.
 */
export async function clusterOnMoto(endpoint: string) {
  const ecs = createEcsClient(connection(endpoint));
  const ec2 = createEc2Client(connection(endpoint));
  const cluster = uniqueName('cluster-');
  const installation = uniqueName('installation-');
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand());
  const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: uniqueName('image-') }));
  const installationTags = [{ Key: INSTALLATION_TAG, Value: installation }];
  const registered = new Map<string, string>();

  /** The instances of this installation, as EC2 describes them. */
  async function describeInstances(): Promise<readonly Instance[]> {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [{ Name: `tag:${INSTALLATION_TAG}`, Values: [installation] }],
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async function register(instanceId: string, config: ReadonlyMap<string, string>): Promise<void> {
    const { containerInstance } = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: config.get('ECS_CLUSTER') ?? '',
        instanceIdentityDocument: JSON.stringify({ instanceId }),
      }),
    );
    const arn = containerInstance?.containerInstanceArn ?? '';
    registered.set(instanceId, arn);
    const attributes: Record<string, string> = JSON.parse(config.get('ECS_INSTANCE_ATTRIBUTES') ?? '{}');
    const targeted = Object.entries(attributes).map(([name, value]) => ({ name, value, targetId: arn }));
    if (targeted.length > 0) await ecs.send(new PutAttributesCommand({ cluster, attributes: targeted }));
  }

  return {
    ecs,
    ec2,
    cluster,
    installation,
    imageId: ImageId,
    subnets: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []),
    securityGroups: SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []),
    describeInstances,

    /** Launches an instance of a capacity provider, like its Auto Scaling group, and registers it with the cluster. */
    async launchInstance(provider = 'small'): Promise<string> {
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({
          ImageId,
          MinCount: 1,
          MaxCount: 1,
          TagSpecifications: [{ ResourceType: 'instance', Tags: installationTags }],
        }),
      );
      const instanceId = Instances[0]?.InstanceId ?? '';
      const attributes = JSON.stringify({ [PROVIDER_ATTRIBUTE]: provider });
      const config = { ECS_CLUSTER: cluster, ECS_INSTANCE_ATTRIBUTES: attributes };
      await register(instanceId, new Map(Object.entries(config)));
      return instanceId;
    },

    /** Registers new running instances with the cluster, as their agents do according to the user data. */
    async registerAgents(): Promise<void> {
      for (const { InstanceId = '', State } of await describeInstances()) {
        if (State?.Name !== 'running' || registered.has(InstanceId)) continue;
        const { UserData } = await ec2.send(
          new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }),
        );
        await register(InstanceId, parseAgentConfig(UserData?.Value ?? ''));
      }
    },

    async end(): Promise<void> {
      const { containerInstanceArns = [] } = await ecs.send(new ListContainerInstancesCommand({ cluster }));
      for (const containerInstance of containerInstanceArns) {
        await ecs.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance, force: true }));
      }
      ecs.destroy();
      ec2.destroy();
    },
  };
}

export type MotoCluster = Awaited<ReturnType<typeof clusterOnMoto>>;

/** The lines of /etc/ecs/ecs.config that user data writes. */
function parseAgentConfig(userData: string): ReadonlyMap<string, string> {
  const lines = Buffer.from(userData, 'base64').toString('utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(ECS_[A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}
