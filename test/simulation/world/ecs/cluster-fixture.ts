import {
  DescribeTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import type { WorldOptions } from '../world.ts';
import { WorldFixture } from '../world-fixture.ts';

const MINUTE = 60;

/** A RunTask request. */
export function request(change: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput {
  return {
    taskDefinition: 'plain',
    clientToken: 'token-1',
    group: 'workbench/wb1',
    capacityProviderStrategy: [{ capacityProvider: 'small' }],
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    overrides: {
      containerOverrides: [
        {
          name: 'workbench',
          environment: [
            { name: 'WB_RUN_ID', value: 'run1' },
            { name: 'WB_RUN_ATTEMPT', value: '1' },
          ],
        },
      ],
    },
    ...change,
  };
}

/** A cluster whose one task definition mounts a volume. */
export async function createCluster(options: Partial<WorldOptions> = {}, tape: readonly number[] = []) {
  const subject = new WorldFixture(options, tape);
  const volume = await subject.volumes().ensure('wb1');
  if (volume.kind !== 'ready') throw new Error(`no volume: ${volume.kind}`);
  const { fileSystemId, accessPointId } = volume.mount;
  const client = subject.world.clients();
  await client.send(
    new RegisterTaskDefinitionCommand({
      family: 'plain',
      cpu: '1024',
      memory: '2048',
      containerDefinitions: [
        { name: 'workbench', image: 'image' },
        { name: 'readiness', image: 'image', essential: false },
      ],
      volumes: [
        { name: 'files', efsVolumeConfiguration: { fileSystemId, authorizationConfig: { accessPointId } } },
      ],
    }),
  );
  const run = async (change: Partial<RunTaskCommandInput> = {}) => {
    const { tasks = [] } = await client.send(new RunTaskCommand(request(change)));
    return tasks[0]?.taskArn ?? '';
  };
  const describeTask = async (taskArn: string): Promise<Task | undefined> =>
    (await client.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks?.[0];
  const startRunningTask = async () => {
    const taskArn = await run();
    await subject.advance(10 * MINUTE);
    const task = await describeTask(taskArn);
    if (task?.lastStatus !== 'RUNNING') throw new Error(`${taskArn} is ${task?.lastStatus}`);
    return taskArn;
  };
  const stop = (task: string) => client.send(new StopTaskCommand({ task, reason: 'enough' }));
  const findContainerInstance = async (taskArn: string) => {
    const arn = (await describeTask(taskArn))?.containerInstanceArn ?? '';
    const containerInstance = subject.world.ecs.agents.containerInstances.get(arn);
    if (containerInstance === undefined) throw new Error(`${taskArn} has not been placed`);
    return containerInstance;
  };
  return {
    subject,
    world: subject.world,
    client,
    run,
    describeTask,
    startRunningTask,
    stop,
    findContainerInstance,
  };
}
