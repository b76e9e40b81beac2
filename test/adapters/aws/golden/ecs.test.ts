import { describe, expect, it } from 'vitest';
import { EcsClusterCleanup } from '#adapters/aws/ecs/cluster-cleanup.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { InstanceTasks } from '#adapters/aws/ecs/instance-tasks.ts';
import { EcsMachineInventory } from '#adapters/aws/ecs/machine-inventory.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { BOOT_SCRIPT, HEALTH_PROBE } from '#adapters/workbench-container.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { ManualClock } from '#test/memory/manual-clock.ts';
import { aMachine } from '#test/memory/memory-machine-inventory.ts';
import { type Responses, recordingClient } from './recording-client.ts';

/** Every optional setting is set, so that each field of a request is visible. */
const SETTINGS: TaskSettings = {
  cluster: 'staging',
  familyPrefix: 'staging',
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/workbench:latest',
  bootCommand: 'exec ide --port "$PORT"',
  port: 8080,
  mountPath: '/data/files',
  uid: 1001,
  gid: 1002,
  baseUrl: (workbenchId) => `https://wb.example.com/project/${workbenchId}/`,
  subnets: ['subnet-1', 'subnet-2'],
  securityGroups: ['sg-1'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  taskRoleArn: 'arn:aws:iam::123456789012:role/task',
  tags: { 'workbench:installation': 'staging' },
  logs: { group: '/workbenches/staging', region: 'eu-west-1' },
};

const INPUT: TaskInput = {
  userId: 'Zoë',
  workbenchId: 'wb1',
  runId: 'run1',
  attempt: 2,
  name: 'AutoCyber',
  cpuUnits: 2048,
  memoryMib: 4096,
  gpuCount: 0,
  placement: { kind: 'provider', provider: 'staging-standard' },
  mount: { fileSystemId: 'fs-1', accessPointId: 'fsap-1' },
};

/** `Zoë` as base64url: `startedBy` and tags do not allow every character of a user id. */
const USER = 'Wm_Dqw';
const TASK_ID = '0123456789abcdef0123456789abcdef';
const DEFINITION_ARN = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/staging-wb1:7';
const INSTANCE_ARN = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/abc';

const RESPONSES: Responses = {
  RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: DEFINITION_ARN } },
};

function runnerWith(responses: Responses = {}) {
  const recorded = recordingClient({ ...RESPONSES, ...responses });
  const terminated: string[] = [];
  const instances = {
    states: async () => new Map(),
    terminate: async (instanceId: string) => {
      terminated.push(instanceId);
    },
  };
  return {
    ...recorded,
    terminated,
    tasks: new EcsTaskRunner(recorded.client, SETTINGS, instances, new ManualClock()),
  };
}

/** The response has no task, so `run` is refused. Only the request matters here. */
async function runTaskInputOf(change: Partial<TaskInput>) {
  const { tasks, inputsOf } = runnerWith();
  await tasks.run({ ...INPUT, ...change }, 'wb1/run1/2');
  return inputsOf('RunTask');
}

function inventoryOf(client: ReturnType<typeof recordingClient>['client']) {
  return new EcsMachineInventory(
    new ContainerInstances(client, 'staging'),
    new InstanceTasks(client, 'staging', 8080),
  );
}

/** The fields that do not depend on the placement. */
const RUN_TASK = {
  cluster: 'staging',
  // With the revision: a definition that is registered in between must not change the input of a retry.
  taskDefinition: DEFINITION_ARN,
  count: 1,
  // Makes a retry return the task of the first call.
  clientToken: 'wb1/run1/2',
  // Group and startedBy identify the task in events, which contain no tags.
  group: 'workbench/wb1',
  startedBy: USER,
  networkConfiguration: {
    awsvpcConfiguration: {
      subnets: ['subnet-1', 'subnet-2'],
      securityGroups: ['sg-1'],
      // ECS refuses ENABLED for tasks on EC2 instances.
      assignPublicIp: 'DISABLED',
    },
  },
  overrides: {
    cpu: '2048',
    memory: '4096',
    containerOverrides: [
      {
        name: 'workbench',
        environment: [
          { name: 'WORKBENCH_ID', value: 'wb1' },
          { name: 'WORKBENCH_NAME', value: 'AutoCyber' },
          { name: 'BASE_URL', value: 'https://wb.example.com/project/wb1/' },
          { name: 'WB_RUN_ID', value: 'run1' },
          { name: 'WB_RUN_ATTEMPT', value: '2' },
        ],
      },
    ],
  },
  // Adds the tags of the installation and the workbench, for cost allocation.
  propagateTags: 'TASK_DEFINITION',
  tags: [
    { key: 'workbench:user', value: USER },
    { key: 'workbench:run', value: 'run1' },
  ],
};

/** What both containers have in common. */
const CONTAINER = {
  image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/workbench:latest',
  user: '1001:1002',
  privileged: false,
  dockerSecurityOptions: ['no-new-privileges'],
};

const LINUX_PARAMETERS = {
  // The init process forwards SIGTERM.
  initProcessEnabled: true,
  capabilities: { drop: ['ALL'] },
};

describe('RunTask', () => {
  it('on a capacity provider packs tasks by memory, as the placement of core assumes', async () => {
    expect(await runTaskInputOf({})).toEqual([
      {
        ...RUN_TASK,
        // Without launchType, which ECS refuses together with a strategy.
        capacityProviderStrategy: [{ capacityProvider: 'staging-standard', weight: 1 }],
        placementStrategy: [{ type: 'binpack', field: 'memory' }],
      },
    ]);
  });

  it('on a host names the instance and the attribute of its workbench', async () => {
    expect(await runTaskInputOf({ placement: { kind: 'host', instanceId: 'i-1' } })).toEqual([
      {
        ...RUN_TASK,
        launchType: 'EC2',
        placementConstraints: [
          // An earlier host of the workbench has the attribute too. A foreign instance has only the id.
          { type: 'memberOf', expression: 'attribute:workbench == wb1' },
          { type: 'memberOf', expression: 'ec2InstanceId == i-1' },
        ],
      },
    ]);
  });

  it('with GPUs has a resource requirement', async () => {
    const [container] = RUN_TASK.overrides.containerOverrides;
    expect(await runTaskInputOf({ gpuCount: 2 })).toEqual([
      {
        ...RUN_TASK,
        overrides: {
          ...RUN_TASK.overrides,
          containerOverrides: [{ ...container, resourceRequirements: [{ type: 'GPU', value: '2' }] }],
        },
        capacityProviderStrategy: [{ capacityProvider: 'staging-standard', weight: 1 }],
        placementStrategy: [{ type: 'binpack', field: 'memory' }],
      },
    ]);
  });
});

describe('the definition of a task', () => {
  it('is read by its family: the newest active revision', async () => {
    const { tasks, inputsOf } = runnerWith();
    await tasks.run(INPUT, 'wb1/run1/2');
    expect(inputsOf('DescribeTaskDefinition')).toEqual([{ taskDefinition: 'staging-wb1' }]);
  });

  it('is registered with both containers, the volume and the health check', async () => {
    const { tasks, inputsOf } = runnerWith();
    await tasks.run(INPUT, 'wb1/run1/2');
    expect(inputsOf('RegisterTaskDefinition')).toEqual([
      {
        family: 'staging-wb1',
        // Each task has its own address and security group.
        networkMode: 'awsvpc',
        requiresCompatibilities: ['EC2'],
        // Each run overrides both.
        cpu: '128',
        memory: '4096',
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        taskRoleArn: 'arn:aws:iam::123456789012:role/task',
        containerDefinitions: [
          {
            ...CONTAINER,
            name: 'workbench',
            essential: true,
            // MiB. The default of 64 is too small for PyTorch.
            linuxParameters: { ...LINUX_PARAMETERS, sharedMemorySize: 2048 },
            logConfiguration: {
              logDriver: 'awslogs',
              options: {
                'awslogs-group': '/workbenches/staging',
                'awslogs-region': 'eu-west-1',
                'awslogs-stream-prefix': 'workbench',
                // Output in excess of the buffer is lost; the workbench does not wait for CloudWatch.
                mode: 'non-blocking',
                'max-buffer-size': '4m',
              },
            },
            entryPoint: ['/bin/sh', '-c'],
            // The boot command is a variable and not a part of the script, so that it needs no quoting.
            command: [BOOT_SCRIPT],
            environment: [
              { name: 'WORKSPACE_PATH', value: '/data/files/project' },
              { name: 'PORT', value: '8080' },
              { name: 'WB_BOOT_COMMAND', value: 'exec ide --port "$PORT"' },
            ],
            portMappings: [{ containerPort: 8080, protocol: 'tcp' }],
            mountPoints: [{ sourceVolume: 'files', containerPath: '/data/files', readOnly: false }],
            healthCheck: {
              command: ['CMD-SHELL', HEALTH_PROBE],
              // Docker checks more often until the first success.
              interval: 30,
              timeout: 5,
              retries: 3,
              // The maximum of ECS. An IDE that installs extensions may take minutes.
              startPeriod: 300,
            },
            stopTimeout: 30,
            // Shows later whether the newest revision is current.
            dockerLabels: { 'workbench.definition': expect.stringMatching(/^[0-9a-f]{32}$/) },
          },
          {
            ...CONTAINER,
            name: 'ready',
            // If it exits, the workbench continues.
            essential: false,
            linuxParameters: LINUX_PARAMETERS,
            // No logConfiguration: a log stream would delay each start.
            entryPoint: ['sleep'],
            command: ['infinity'],
            memory: 16,
            // ECS reports RUNNING when all containers run, and so only when the workbench is healthy.
            dependsOn: [{ containerName: 'workbench', condition: 'HEALTHY' }],
            stopTimeout: 2,
          },
        ],
        volumes: [
          {
            name: 'files',
            efsVolumeConfiguration: {
              fileSystemId: 'fs-1',
              // EFS requires TLS for access points, and IAM for the policy of the file system.
              transitEncryption: 'ENABLED',
              authorizationConfig: { accessPointId: 'fsap-1', iam: 'ENABLED' },
            },
          },
        ],
        tags: [
          { key: 'workbench:installation', value: 'staging' },
          { key: 'workbench:id', value: 'wb1' },
        ],
      },
    ]);
  });

  it('is registered in advance, and not again by the run', async () => {
    let registered: object | undefined;
    const { tasks, sent } = runnerWith({
      RegisterTaskDefinition: (input: object) => {
        registered = { ...input, taskDefinitionArn: DEFINITION_ARN, status: 'ACTIVE' };
        return { taskDefinition: registered };
      },
      DescribeTaskDefinition: () => ({ taskDefinition: registered }),
    });
    await tasks.prepare(INPUT);
    expect(sent.map(({ name }) => name)).toEqual(['DescribeTaskDefinition', 'RegisterTaskDefinition']);
    await tasks.run(INPUT, 'wb1/run1/2');
    expect(sent.slice(2).map(({ name }) => name)).toEqual(['DescribeTaskDefinition', 'RunTask']);
  });

  it('is registered ahead with the same request, and not again while it is the newest', async () => {
    const atStart = runnerWith();
    await atStart.tasks.run(INPUT, 'wb1/run1/2');
    const { client, inputsOf } = recordingClient({
      RegisterTaskDefinition: { taskDefinition: { taskDefinitionArn: DEFINITION_ARN } },
    });
    expect(await new TaskDefinitions(client, SETTINGS).registerAhead(INPUT)).toBe('registered');
    const [registered] = inputsOf('RegisterTaskDefinition');
    expect(registered).toEqual(atStart.inputsOf('RegisterTaskDefinition')[0]);
    const newest = { ...(registered as object), taskDefinitionArn: DEFINITION_ARN, status: 'ACTIVE' };
    const again = recordingClient({ DescribeTaskDefinition: { taskDefinition: newest } });
    expect(await new TaskDefinitions(again.client, SETTINGS).registerAhead(INPUT)).toBe('current');
    expect(again.sent).toEqual([
      { name: 'DescribeTaskDefinition', input: { taskDefinition: 'staging-wb1' } },
    ]);
  });

  it('has other settings if anything but its workbench differs', () => {
    const digestOf = (changed: Partial<typeof SETTINGS>) =>
      new TaskDefinitions(recordingClient().client, { ...SETTINGS, ...changed }).settingsDigest();
    expect(digestOf({})).toBe(digestOf({}));
    expect(digestOf({ cluster: 'other', subnets: ['subnet-9'] })).toBe(digestOf({}));
    const changes = [
      {},
      { image: 'other' },
      { logs: undefined },
      { healthCommand: 'true' },
      { port: 1 },
      { uid: 1 },
    ];
    expect(new Set(changes.map(digestOf)).size).toBe(changes.length);
  });

  it('is listed by the prefix of the installation, and pruned from the newest on', async () => {
    const { client, sent } = recordingClient({
      ListTaskDefinitions: { taskDefinitionArns: ['arn/staging-wb1:2', 'arn/staging-wb1:1'] },
    });
    const definitions = new TaskDefinitions(client, SETTINGS);
    await definitions.list();
    await definitions.list('next');
    await definitions.prune('wb1', 'newest', 10);
    expect(sent).toEqual([
      {
        name: 'ListTaskDefinitionFamilies',
        // ACTIVE: without it ECS also lists families whose definitions are all deregistered.
        input: { familyPrefix: 'staging-', status: 'ACTIVE', maxResults: 100 },
      },
      {
        name: 'ListTaskDefinitionFamilies',
        input: { familyPrefix: 'staging-', status: 'ACTIVE', maxResults: 100, nextToken: 'next' },
      },
      {
        name: 'ListTaskDefinitions',
        // DESC: the newest is the first, and is kept.
        input: { familyPrefix: 'staging-wb1', status: 'ACTIVE', sort: 'DESC', maxResults: 100 },
      },
      { name: 'DeregisterTaskDefinition', input: { taskDefinition: 'arn/staging-wb1:1' } },
    ]);
  });
});

describe('a task', () => {
  it('is stopped in the cluster, with a reason of at most 1,024 characters', async () => {
    const { tasks, sent } = runnerWith();
    await tasks.stop(TASK_ID, 'x'.repeat(1025));
    expect(sent).toEqual([
      { name: 'StopTask', input: { cluster: 'staging', task: TASK_ID, reason: 'x'.repeat(1024) } },
    ]);
  });

  it('is described in the cluster, once even if it is named twice', async () => {
    const { tasks, sent } = runnerWith();
    await tasks.describe([TASK_ID, TASK_ID]);
    // Without `include: ['TAGS']`: the identity is in the group, startedBy and the environment.
    expect(sent).toEqual([{ name: 'DescribeTasks', input: { cluster: 'staging', tasks: [TASK_ID] } }]);
  });

  it('is listed while it runs and while it stops, in pages of 100', async () => {
    const { tasks, sent } = runnerWith();
    const { cursor } = await tasks.list();
    await tasks.list(cursor);
    await tasks.list(`${cursor} next`);
    const input = { cluster: 'staging', maxResults: 100 };
    expect(sent).toEqual([
      { name: 'ListTasks', input: { ...input, desiredStatus: 'RUNNING' } },
      { name: 'ListTasks', input: { ...input, desiredStatus: 'STOPPED' } },
      { name: 'ListTasks', input: { ...input, desiredStatus: 'STOPPED', nextToken: 'next' } },
    ]);
  });

  it('is listed for its workbench by the family of its definition', async () => {
    const { tasks, sent } = runnerWith();
    expect(await tasks.listOf('wb1')).toEqual([]);
    const input = { cluster: 'staging', family: 'staging-wb1', maxResults: 100 };
    expect(sent).toEqual([
      { name: 'ListTasks', input: { ...input, desiredStatus: 'RUNNING' } },
      { name: 'ListTasks', input: { ...input, desiredStatus: 'STOPPED' } },
    ]);
  });

  it('that a refused RunTask may have started is searched for by its family', async () => {
    const refused = Object.assign(new Error(), { name: 'InvalidParameterException' });
    const { tasks, sent } = runnerWith({
      RunTask: () => {
        throw refused;
      },
    });
    await tasks.run(INPUT, 'wb1/run1/2');
    const input = { cluster: 'staging', family: 'staging-wb1', maxResults: 100 };
    expect(sent.filter(({ name }) => name === 'ListTasks').map(({ input }) => input)).toEqual([
      { ...input, desiredStatus: 'RUNNING' },
      { ...input, desiredStatus: 'STOPPED' },
    ]);
  });

  it('that does not stop loses its instance, which is drained before', async () => {
    const { tasks, sent, terminated } = runnerWith({
      DescribeTasks: {
        tasks: [
          {
            taskArn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${TASK_ID}`,
            group: 'workbench/wb1',
            startedBy: USER,
            lastStatus: 'RUNNING',
            desiredStatus: 'STOPPED',
            connectivity: 'CONNECTED',
            version: 3,
            createdAt: new Date(0),
            containerInstanceArn: INSTANCE_ARN,
            overrides: RUN_TASK.overrides,
          },
        ],
      },
      DescribeContainerInstances: {
        containerInstances: [{ containerInstanceArn: INSTANCE_ARN, ec2InstanceId: 'i-1', status: 'ACTIVE' }],
      },
    });
    await tasks.terminateInstance(TASK_ID, true);
    expect(sent).toEqual([
      { name: 'DescribeTasks', input: { cluster: 'staging', tasks: [TASK_ID] } },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN] },
      },
      {
        name: 'UpdateContainerInstancesState',
        // DRAINING: ECS places no further tasks on it.
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN], status: 'DRAINING' },
      },
    ]);
    expect(terminated).toEqual(['i-1']);
  });
});

describe('the tasks on an instance', () => {
  it('are listed by its container instance and described', async () => {
    let pages = 0;
    const { client, sent } = recordingClient({
      ListContainerInstances: { containerInstanceArns: [INSTANCE_ARN] },
      DescribeContainerInstances: {
        containerInstances: [
          { containerInstanceArn: INSTANCE_ARN, ec2InstanceId: 'i-1', status: 'DRAINING' },
        ],
      },
      ListTasks: () => {
        pages += 1;
        return pages === 1 ? { taskArns: [], nextToken: 'second' } : { taskArns: [TASK_ID] };
      },
    });
    expect(await new InstanceTasks(client, 'staging', 8080).list('i-1')).toEqual([]);
    const list = { cluster: 'staging', containerInstance: INSTANCE_ARN, maxResults: 100 };
    expect(sent).toEqual([
      {
        name: 'ListContainerInstances',
        input: { cluster: 'staging', filter: 'ec2InstanceId in [i-1]', maxResults: 100 },
      },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN] },
      },
      // Without a desired status: those that are not to stop.
      { name: 'ListTasks', input: list },
      { name: 'ListTasks', input: { ...list, nextToken: 'second' } },
      { name: 'DescribeTasks', input: { cluster: 'staging', tasks: [TASK_ID] } },
    ]);
  });

  it('are none for an instance of another cluster', async () => {
    const { client, sent } = recordingClient();
    expect(await new InstanceTasks(client, 'staging', 8080).list('i-9')).toEqual([]);
    expect(sent.map(({ name }) => name)).toEqual(['ListContainerInstances']);
  });
});

describe('a container instance', () => {
  it('is found by its EC2 instance', async () => {
    const { client, sent } = recordingClient();
    await new ContainerInstances(client, 'staging').findByInstanceIds(['i-1', 'i-2']);
    expect(sent).toEqual([
      {
        name: 'ListContainerInstances',
        input: { cluster: 'staging', filter: 'ec2InstanceId in [i-1, i-2]', maxResults: 100 },
      },
    ]);
  });

  it('are searched for with at most 50 EC2 instance ids in a filter, which keeps it below 2,000 characters', async () => {
    const { client, inputsOf } = recordingClient();
    const ids = Array.from({ length: 100 }, (_, n) => `i-${String(n).padStart(17, '0')}`);
    await new ContainerInstances(client, 'staging').findByInstanceIds(ids);
    const filters = (inputsOf('ListContainerInstances') as { filter: string }[]).map(({ filter }) => filter);
    expect(filters.map((filter) => filter.match(/i-[0-9]{17}/g)?.length)).toEqual([50, 50]);
    expect(new Set(filters.flatMap((filter) => filter.match(/i-[0-9]{17}/g))).size).toBe(100);
    for (const filter of filters) expect(filter.length).toBeLessThan(2_000);
  });

  it('is listed without a filter for the report, and described', async () => {
    const { client, sent } = recordingClient({
      ListContainerInstances: { containerInstanceArns: [INSTANCE_ARN] },
      DescribeContainerInstances: {
        containerInstances: [
          {
            containerInstanceArn: INSTANCE_ARN,
            ec2InstanceId: 'i-1',
            status: 'REGISTRATION_FAILED',
            versionInfo: { agentVersion: '1.105.1' },
            registeredAt: new Date(1000),
            runningTasksCount: 2,
            pendingTasksCount: 1,
            attributes: [{ name: 'workbench-provider', value: 'staging-standard' }],
          },
          // Was deregistered between both calls.
          { containerInstanceArn: `${INSTANCE_ARN}2`, ec2InstanceId: 'i-2', status: 'INACTIVE' },
          {
            containerInstanceArn: `${INSTANCE_ARN}3`,
            ec2InstanceId: 'i-3',
            status: 'ACTIVE',
            attributes: [{ name: 'workbench', value: 'wb1' }],
          },
        ],
      },
    });
    const instances = { states: async () => new Map(), terminate: async () => {} };
    const cleanup = new EcsClusterCleanup(
      new TaskDefinitions(client, SETTINGS),
      new ContainerInstances(client, 'staging'),
      instances,
    );
    expect(await cleanup.listInstances()).toEqual([
      {
        instanceId: 'i-1',
        provider: 'staging-standard',
        registrationFailed: true,
        agentVersion: '1.105.1',
        taskCount: 3,
        registeredAt: 1000,
      },
      {
        instanceId: 'i-3',
        provider: undefined,
        registrationFailed: false,
        agentVersion: undefined,
        taskCount: 0,
        registeredAt: undefined,
      },
    ]);
    expect(sent).toEqual([
      // Without a status ECS lists instances in every state but INACTIVE.
      { name: 'ListContainerInstances', input: { cluster: 'staging', maxResults: 100 } },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN] },
      },
    ]);
  });

  it('are listed as machines, with type, agent, capacity and tasks', async () => {
    const registeredResources = [
      { name: 'CPU', integerValue: 8192 },
      { name: 'MEMORY', integerValue: 31_000 },
    ];
    const { client, sent } = recordingClient({
      ListContainerInstances: { containerInstanceArns: [INSTANCE_ARN] },
      DescribeContainerInstances: {
        containerInstances: [
          {
            containerInstanceArn: INSTANCE_ARN,
            ec2InstanceId: 'i-1',
            status: 'ACTIVE',
            agentConnected: true,
            versionInfo: { agentVersion: '1.106.1' },
            registeredAt: new Date(1000),
            runningTasksCount: 2,
            pendingTasksCount: 1,
            registeredResources,
            remainingResources: [{ name: 'CPU', integerValue: 5120 }, registeredResources[1] ?? {}],
            attributes: [
              { name: 'workbench-provider', value: 'staging-standard' },
              { name: 'ecs.instance-type', value: 'm6i.2xlarge' },
              { name: 'ecs.awsvpc-trunk-id', value: 'eni-1' },
            ],
          },
          {
            containerInstanceArn: `${INSTANCE_ARN}2`,
            ec2InstanceId: 'i-2',
            status: 'REGISTRATION_FAILED',
            capacityProviderName: 'ignored',
            attributes: [{ name: 'workbench', value: 'wb1' }],
          },
          { containerInstanceArn: `${INSTANCE_ARN}3`, status: 'ACTIVE' },
        ],
      },
    });
    const inventory = inventoryOf(client);
    expect(await inventory.list()).toEqual({
      complete: true,
      machines: [
        {
          machineId: 'i-1',
          containerInstance: 'abc',
          dedicated: false,
          provider: 'staging-standard',
          instanceType: 'm6i.2xlarge',
          state: 'active',
          agentConnected: true,
          agentVersion: '1.106.1',
          registeredAt: 1000,
          trunked: true,
          tasks: 3,
          capacity: { cpuUnits: 8192, memoryMib: 31_000, gpuCount: 0 },
          free: { cpuUnits: 5120, memoryMib: 31_000, gpuCount: 0 },
        },
        {
          machineId: 'i-2',
          containerInstance: 'abc2',
          dedicated: true,
          state: 'failed',
          agentConnected: false,
          trunked: false,
          tasks: 0,
        },
      ],
    });
    expect(sent).toEqual([
      { name: 'ListContainerInstances', input: { cluster: 'staging', maxResults: 100 } },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN] },
      },
    ]);
  });

  it('is drained and takes tasks again by its id', async () => {
    const { client, sent } = recordingClient({ UpdateContainerInstancesState: { failures: [] } });
    const machine = aMachine({ containerInstance: 'abc' });
    await inventoryOf(client).setDraining(machine, true);
    await inventoryOf(client).setDraining(machine, false);
    const input = { cluster: 'staging', containerInstances: ['abc'] };
    expect(sent).toEqual([
      // Tasks of RunTask run on; only services stop theirs.
      { name: 'UpdateContainerInstancesState', input: { ...input, status: 'DRAINING' } },
      { name: 'UpdateContainerInstancesState', input: { ...input, status: 'ACTIVE' } },
    ]);
  });

  it('that ECS does not drain is reported as unavailable', async () => {
    const { client } = recordingClient({
      UpdateContainerInstancesState: { failures: [{ arn: INSTANCE_ARN, reason: 'MISSING' }] },
    });
    await expect(inventoryOf(client).setDraining(aMachine(), true)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('is found as a machine by the id of its EC2 instance', async () => {
    const { client, inputsOf } = recordingClient({
      ListContainerInstances: { containerInstanceArns: [INSTANCE_ARN] },
      DescribeContainerInstances: {
        containerInstances: [
          { containerInstanceArn: INSTANCE_ARN, ec2InstanceId: 'i-1', status: 'DRAINING' },
        ],
      },
    });
    const inventory = inventoryOf(client);
    expect(await inventory.find('i-1')).toMatchObject({ machineId: 'i-1', state: 'draining' });
    expect(await inventory.find('i-2')).toBeUndefined();
    expect(inputsOf('ListContainerInstances')[0]).toMatchObject({ filter: 'ec2InstanceId in [i-1]' });
  });

  it('are listed as machines up to a maximum, with at most 21 calls', async () => {
    const arns = Array.from({ length: 100 }, (_, n) => `${INSTANCE_ARN}${n}`);
    const { client, sent } = recordingClient({
      ListContainerInstances: { containerInstanceArns: arns, nextToken: 'more' },
      DescribeContainerInstances: {
        containerInstances: arns.map((containerInstanceArn) => ({
          containerInstanceArn,
          ec2InstanceId: 'i-1',
        })),
      },
    });
    const list = await inventoryOf(client).list();
    expect(list.complete).toBe(false);
    expect(list.machines).toHaveLength(1000);
    expect(sent).toHaveLength(21);
  });

  it('of a terminated EC2 instance is deregistered by force', async () => {
    const { client, sent } = recordingClient({
      ListContainerInstances: { containerInstanceArns: [INSTANCE_ARN] },
      DescribeContainerInstances: {
        containerInstances: [
          {
            containerInstanceArn: INSTANCE_ARN,
            ec2InstanceId: 'i-1',
            status: 'ACTIVE',
            agentConnected: false,
          },
        ],
      },
    });
    const instances = { states: async () => new Map([['i-1', 'terminated']] as const) };
    await new ContainerInstances(client, 'staging').deregisterTerminatedInstances(instances);
    expect(sent).toEqual([
      {
        name: 'ListContainerInstances',
        input: { cluster: 'staging', filter: 'agentConnected == false', maxResults: 100 },
      },
      {
        name: 'DescribeContainerInstances',
        input: { cluster: 'staging', containerInstances: [INSTANCE_ARN] },
      },
      {
        name: 'DeregisterContainerInstance',
        // Without force ECS refuses while it still lists tasks on the instance.
        input: { cluster: 'staging', containerInstance: INSTANCE_ARN, force: true },
      },
    ]);
  });
});
