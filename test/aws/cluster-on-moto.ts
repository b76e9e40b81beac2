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
import { ecsClient } from '#adapters/aws/clients.ts';
import { ec2Client } from '#adapters/aws/ec2/client.ts';
import { INSTALLATION_TAG } from '#adapters/aws/ec2/settings.ts';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import { connection, uniqueName } from './connection.ts';

/**
 * An empty ECS cluster on moto, in the network that moto brings along. Nothing happens there by itself: a machine
 * joins the cluster when its agent is played.
 */
export async function clusterOnMoto(endpoint: string) {
  const ecs = ecsClient(connection(endpoint));
  const ec2 = ec2Client(connection(endpoint));
  const cluster = uniqueName('cluster-');
  const installation = uniqueName('installation-');
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand());
  const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: uniqueName('image-') }));
  const ours = [{ Key: INSTALLATION_TAG, Value: installation }];
  const joined = new Map<string, string>();

  /** The machines of this installation, as EC2 describes them. */
  async function instances(): Promise<readonly Instance[]> {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({
        Filters: [{ Name: `tag:${INSTALLATION_TAG}`, Values: [installation] }],
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances);
  }

  async function join(instanceId: string, config: ReadonlyMap<string, string>): Promise<void> {
    const { containerInstance } = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: config.get('ECS_CLUSTER') ?? '',
        instanceIdentityDocument: JSON.stringify({ instanceId }),
      }),
    );
    const arn = containerInstance?.containerInstanceArn ?? '';
    joined.set(instanceId, arn);
    const attributes: Record<string, string> = JSON.parse(config.get('ECS_INSTANCE_ATTRIBUTES') ?? '{}');
    const put = Object.entries(attributes).map(([name, value]) => ({ name, value, targetId: arn }));
    if (put.length > 0) await ecs.send(new PutAttributesCommand({ cluster, attributes: put }));
  }

  return {
    ecs,
    ec2,
    cluster,
    installation,
    imageId: ImageId,
    subnets: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []),
    securityGroups: SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []),
    instances,

    /** A machine of a capacity provider, as its Auto Scaling group would have launched it, in the cluster. */
    async launchInstance(provider = 'small'): Promise<string> {
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({
          ImageId,
          MinCount: 1,
          MaxCount: 1,
          TagSpecifications: [{ ResourceType: 'instance', Tags: ours }],
        }),
      );
      const instanceId = Instances[0]?.InstanceId ?? '';
      const attributes = JSON.stringify({ [PROVIDER_ATTRIBUTE]: provider });
      const config = { ECS_CLUSTER: cluster, ECS_INSTANCE_ATTRIBUTES: attributes };
      await join(instanceId, new Map(Object.entries(config)));
      return instanceId;
    },

    /** Does what the agents do of machines that run for the first time: they register as their user data says. */
    async registerAgents(): Promise<void> {
      for (const { InstanceId = '', State } of await instances()) {
        if (State?.Name !== 'running' || joined.has(InstanceId)) continue;
        const { UserData } = await ec2.send(
          new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }),
        );
        await join(InstanceId, agentConfig(UserData?.Value ?? ''));
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
function agentConfig(userData: string): ReadonlyMap<string, string> {
  const lines = Buffer.from(userData, 'base64').toString('utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(ECS_[A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}
