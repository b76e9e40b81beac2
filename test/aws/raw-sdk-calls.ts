import { EC2Client, RegisterImageCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateAccessPointCommand, CreateFileSystemCommand, EFSClient } from '@aws-sdk/client-efs';
import { sdkConfig, uniqueName } from './connection.ts';

/** The SDK on an emulator, with no adapter between: each call with as little as it takes. */
export function rawSdkCalls(endpoint: string) {
  // What breaks down is not asked again.
  const config = { ...sdkConfig(endpoint), maxAttempts: 1 };
  const ecs = new ECSClient(config);
  const ec2 = new EC2Client(config);
  const efs = new EFSClient(config);

  return {
    ecs,
    ec2,
    efs,

    async cluster(): Promise<string> {
      const cluster = uniqueName('cluster-');
      await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
      return cluster;
    },

    /** A cluster with one machine, of 7,482 MiB as moto has them. */
    async clusterWithInstance(): Promise<string> {
      const cluster = await this.cluster();
      const instanceId = await this.instance();
      const instanceIdentityDocument = JSON.stringify({ instanceId });
      await ecs.send(new RegisterContainerInstanceCommand({ cluster, instanceIdentityDocument }));
      return cluster;
    },

    async instance(ClientToken = uniqueName('token-')): Promise<string> {
      const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: uniqueName('image-') }));
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, ClientToken }),
      );
      return Instances[0]?.InstanceId ?? '';
    },

    /** Its ARN. One container of 16 MiB, unless said otherwise. */
    async definition(change: Partial<RegisterTaskDefinitionCommandInput> = {}): Promise<string> {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: uniqueName('family-'),
          containerDefinitions: [{ name: 'only', image: 'image', memory: 16 }],
          ...change,
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? '';
    },

    async run(cluster: string, change: Partial<RunTaskCommandInput> = {}) {
      const taskDefinition = change.taskDefinition ?? (await this.definition());
      return ecs.send(new RunTaskCommand({ cluster, taskDefinition, launchType: 'EC2', ...change }));
    },

    /** A task in a cluster that has room for it. */
    async task(cluster: string, change: Partial<RunTaskCommandInput> = {}): Promise<Task> {
      const { tasks = [] } = await this.run(cluster, change);
      if (tasks[0] === undefined) throw new Error('there is no task');
      return tasks[0];
    },

    async describeTask(cluster: string, { taskArn = '' }: Task): Promise<Task | undefined> {
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
      return tasks[0];
    },

    async stop(cluster: string, { taskArn }: Task, reason: string): Promise<Task | undefined> {
      return (await ecs.send(new StopTaskCommand({ cluster, task: taskArn, reason }))).task;
    },

    async fileSystem(): Promise<string> {
      const made = await efs.send(new CreateFileSystemCommand({ CreationToken: uniqueName('volumes-') }));
      return made.FileSystemId ?? '';
    },

    async accessPoint(FileSystemId: string, ClientToken: string): Promise<string> {
      const made = await efs.send(new CreateAccessPointCommand({ FileSystemId, ClientToken }));
      return made.AccessPointId ?? '';
    },

    end() {
      for (const client of [ecs, ec2, efs]) client.destroy();
    },
  };
}

export type RawSdkCalls = ReturnType<typeof rawSdkCalls>;
