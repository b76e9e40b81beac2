import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
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

/** Calls of the SDK on an emulator without an adapter, each with the fewest parameters that it needs. */
export function rawSdkCalls(endpoint: string) {
  // Internal errors of an emulator are not retried.
  const config = { ...sdkConfig(endpoint), maxAttempts: 1 };
  const ecs = new ECSClient(config);
  const ec2 = new EC2Client(config);
  const efs = new EFSClient(config);
  const dynamo = new DynamoDBClient(config);

  return {
    ecs,
    ec2,
    efs,

    /** A table whose key is `id`. */
    async createTable(): Promise<string> {
      const TableName = uniqueName('table-');
      await dynamo.send(
        new CreateTableCommand({
          TableName,
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      return TableName;
    },

    /**
     * Writes an item of thirty attributes if there is none with this id. Returns whether it was written.
     */
    async writeOnce(TableName: string, id: string): Promise<boolean> {
      const names = Array.from({ length: 30 }, (_, index) => `attribute${index}`);
      try {
        await dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: { id: { S: id } },
            UpdateExpression: `SET ${names.map((name) => `${name} = :value`).join(', ')}`,
            ConditionExpression: 'attribute_not_exists(attribute0)',
            ExpressionAttributeValues: { ':value': { S: 'written' } },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async createCluster(): Promise<string> {
      const cluster = uniqueName('cluster-');
      await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
      return cluster;
    },

    /** A cluster with one instance. On moto it has 7,482 MiB. */
    async createClusterWithInstance(): Promise<string> {
      const cluster = await this.createCluster();
      const instanceId = await this.launchInstance();
      const instanceIdentityDocument = JSON.stringify({ instanceId });
      await ecs.send(new RegisterContainerInstanceCommand({ cluster, instanceIdentityDocument }));
      return cluster;
    },

    async launchInstance(ClientToken = uniqueName('token-')): Promise<string> {
      const { ImageId = '' } = await ec2.send(new RegisterImageCommand({ Name: uniqueName('image-') }));
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, ClientToken }),
      );
      return Instances[0]?.InstanceId ?? '';
    },

    /**
     * Registers a task definition with one container of 16 MiB.
     * @returns its ARN
     */
    async registerDefinition(change: Partial<RegisterTaskDefinitionCommandInput> = {}): Promise<string> {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: uniqueName('family-'),
          containerDefinitions: [{ name: 'only', image: 'image', memory: 16 }],
          ...change,
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? '';
    },

    async runTask(cluster: string, change: Partial<RunTaskCommandInput> = {}) {
      const taskDefinition = change.taskDefinition ?? (await this.registerDefinition());
      return ecs.send(new RunTaskCommand({ cluster, taskDefinition, launchType: 'EC2', ...change }));
    },

    /** Runs a task in a cluster that has free capacity for it. */
    async runOneTask(cluster: string, change: Partial<RunTaskCommandInput> = {}): Promise<Task> {
      const { tasks = [] } = await this.runTask(cluster, change);
      if (tasks[0] === undefined) throw new Error('RunTask returned no task');
      return tasks[0];
    },

    async describeTask(cluster: string, { taskArn = '' }: Task): Promise<Task | undefined> {
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
      return tasks[0];
    },

    async stopTask(cluster: string, { taskArn }: Task, reason: string): Promise<Task | undefined> {
      return (await ecs.send(new StopTaskCommand({ cluster, task: taskArn, reason }))).task;
    },

    async createFileSystem(): Promise<string> {
      const { FileSystemId = '' } = await efs.send(
        new CreateFileSystemCommand({ CreationToken: uniqueName('volumes-') }),
      );
      return FileSystemId;
    },

    async createAccessPoint(FileSystemId: string, ClientToken: string): Promise<string> {
      const { AccessPointId = '' } = await efs.send(
        new CreateAccessPointCommand({ FileSystemId, ClientToken }),
      );
      return AccessPointId;
    },

    end() {
      for (const client of [ecs, ec2, efs, dynamo]) client.destroy();
    },
  };
}

export type RawSdkCalls = ReturnType<typeof rawSdkCalls>;
