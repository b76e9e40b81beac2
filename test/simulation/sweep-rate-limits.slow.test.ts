import { DescribeTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { createSweepEcsClient } from '#adapters/aws/clients.ts';
import { createSweepEc2Client } from '#adapters/aws/ec2/clients.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { EcsClusterCleanup } from '#adapters/aws/ecs/cluster-cleanup.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { InstanceTasks } from '#adapters/aws/ecs/instance-tasks.ts';
import { EcsMachineInventory } from '#adapters/aws/ecs/machine-inventory.ts';
import { runTaskInput } from '#adapters/aws/ecs/run-task-input.ts';
import { TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import type { ReconcileReport } from '#core/reconcile/report.ts';
import { DEREGISTER_MAX, sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { buildSweepActive, buildSweepTasksAndHosts } from '#functions/schedules/sweeps.ts';
import { acceptedRun, idAt, running, stopped, T0 } from '#test/builders/workbench.ts';
import { settingsWith } from '#test/functions/call-api.ts';
import { MemoryReportStore, memoryStores } from '../memory/memory-stores.ts';
import { MemoryWorkQueue } from '../memory/memory-work-queue.ts';
import { RecordingTelemetry } from '../memory/memory-world.ts';
import {
  HOST_SETTINGS,
  INSTALLATION,
  TASK_SETTINGS,
  taskInput,
  WorldFixture,
} from './world/world-fixture.ts';

const TASKS = 4000;
/** Calls of users per second. ECS allows 20 reads and 40 writes per second and account. */
const USER_READS_PER_SECOND = 8;
const USER_WRITES_PER_SECOND = 20;

/** A cluster with this many running workbenches, and the record of each. */
async function createRunningTasks(tasks = TASKS) {
  const subject = new WorldFixture({
    providers: [
      {
        name: 'small',
        instanceType: 'u-24tb1.112xlarge',
        size: { cpuUnits: 10_000_000, memoryMib: 100_000_000, gpuCount: 0 },
        max: 2,
      },
    ],
  });
  const { kernel, world } = subject;
  const stores = memoryStores();
  const input = await taskInput(subject);
  const definition = await new TaskDefinitions(world.clients(), TASK_SETTINGS).ensure({
    ...input,
    workbenchId: 'shared',
  });
  const started: Record<string, string> = {};
  for (let n = 0; n < tasks; n += 1) {
    // Stays below the RunTask rate and below the limit of tasks in PROVISIONING, which wait for the first instance.
    if (n % 40 === 39) await subject.advance(n < 80 ? 600 : 1);
    started[idAt(T0, n)] = await startTask(subject, idAt(T0, n), definition);
  }
  await subject.advance(300);
  for (const [workbenchId, taskArn] of Object.entries(started)) {
    const { version } = world.ecs.tasks.get(taskArn) ?? { version: 0 };
    const taskId = taskArn.slice(taskArn.lastIndexOf('/') + 1);
    const run = acceptedRun({ runId: 'run1', taskId, taskVersion: version });
    await stores.workbenches.create(running({ userId: 'alice', workbenchId, run }));
  }
  const reports = new MemoryReportStore();
  const telemetry = new RecordingTelemetry();
  const ports = { ...stores, reports, telemetry, clock: kernel, queue: new MemoryWorkQueue(kernel) };
  return { subject, ports, definition };
}

async function startTask({ world }: WorldFixture, workbenchId: string, definition: string): Promise<string> {
  const input = {
    ...{ userId: 'alice', workbenchId, runId: 'run1', attempt: 1, name: 'mine' },
    ...{ cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, mount: {} },
    placement: { kind: 'provider', provider: 'small' } as const,
  };
  const request = runTaskInput(TASK_SETTINGS, input, `${workbenchId}/run1/1`, definition);
  if (request === undefined) throw new Error('the RunTask request is too long');
  const { tasks = [] } = await world.clients().send(new RunTaskCommand(request));
  return tasks[0]?.taskArn ?? '';
}

/** A client that records its calls with their times, and the names of the throttled calls. */
function createCountingClient({ kernel, world }: WorldFixture) {
  const calls: { readonly name: string; readonly at: number }[] = [];
  const throttled: string[] = [];
  const client = world.clients(async (name, effect) => {
    calls.push({ name, at: kernel.now() });
    try {
      return effect();
    } catch (error) {
      if ((error as Error).name === 'ThrottlingException') throttled.push(name);
      throw error;
    }
  });
  return { client, calls, throttled };
}

type Client = ReturnType<typeof createCountingClient>['client'];

function createPorts(
  client: Client,
  ecs: Pick<Client, 'send'>,
  ec2: Pick<Client, 'send'>,
  subject: WorldFixture,
) {
  const instances = new Ec2Instances(ec2, INSTALLATION);
  const containerInstances = new ContainerInstances(ecs, HOST_SETTINGS.cluster);
  return {
    tasks: new EcsTaskRunner(ecs, TASK_SETTINGS, instances, subject.kernel),
    hosts: new Ec2HostFleet(ec2, containerInstances, HOST_SETTINGS, subject.kernel),
    cleanup: new EcsClusterCleanup(new TaskDefinitions(ecs, TASK_SETTINGS), containerInstances, instances),
    machines: new EcsMachineInventory(
      containerInstances,
      new InstanceTasks(ecs, TASK_SETTINGS.cluster, TASK_SETTINGS.port),
    ),
    client,
  };
}

function createUnpacedPorts(client: Client, subject: WorldFixture) {
  return createPorts(client, client, client, subject);
}

function createPacedPorts(client: Client, subject: WorldFixture) {
  const { kernel } = subject;
  return createPorts(
    client,
    createSweepEcsClient(client, kernel),
    createSweepEc2Client(client, kernel),
    subject,
  );
}

/** Lets users make their calls each second until the work is done. */
async function runWithUserLoad<T>(
  subject: WorldFixture,
  definition: string,
  work: Promise<T>,
): Promise<{ result: T; throttled: readonly string[]; seconds: number }> {
  const { client, throttled } = createCountingClient(subject);
  let done: { readonly result: T } | undefined;
  work.then((result) => {
    done = { result };
  });
  let seconds = 0;
  for (; done === undefined; seconds += 1) {
    // Settles the pending promises first, so that the calls of the users and of the sweeps interleave.
    await subject.advance(0);
    const taskArns = [...subject.world.ecs.tasks.keys()].slice(0, 1);
    const reads = Array.from({ length: USER_READS_PER_SECOND }, () =>
      client.send(new DescribeTasksCommand({ tasks: taskArns })),
    );
    const writes = Array.from({ length: USER_WRITES_PER_SECOND }, () =>
      client.send(new StopTaskCommand({ task: '0'.repeat(32) })),
    );
    await Promise.allSettled([...reads, ...writes]);
    await subject.advance(1);
  }
  // At the end a user starts a workbench.
  await startTask(subject, idAt(T0, TASKS + seconds), definition);
  return { ...done, throttled, seconds };
}

const SETTINGS = settingsWith();

describe('sweeps over thousands of tasks while users start and stop workbenches', () => {
  it('finish without causing a throttle for users', async () => {
    const { subject, ports, definition } = await createRunningTasks();
    const { client, calls, throttled } = createCountingClient(subject);
    const sweeps = Promise.all([
      buildSweepActive({ ...ports, ...createPacedPorts(client, subject) }, SETTINGS)(),
      buildSweepTasksAndHosts({ ...ports, ...createPacedPorts(client, subject) }, SETTINGS)(),
    ]);
    const users = await runWithUserLoad(subject, definition, sweeps);
    expect(users.throttled).toEqual([]);
    expect(throttled).toEqual([]);
    const [active, [tasks]] = users.result as [object, [object]];
    expect(active).toMatchObject({ checked: TASKS, waiting: 0, failed: 0 });
    expect(tasks).toMatchObject({ checked: TASKS, waiting: 0, failed: 0 });
    const reads = calls.filter(({ name }) => /^(Describe|List)(Tasks|Container)/.test(name));
    const peakPerSecond = Math.max(
      ...reads.map(({ at }) => reads.filter((call) => call.at >= at && call.at < at + 1000).length),
    );
    expect(peakPerSecond).toBe(10);
    expect(users.seconds).toBeLessThan(60);
  });

  it('cause throttles for users if their calls are not paced', async () => {
    const { subject, ports, definition } = await createRunningTasks();
    const { client } = createCountingClient(subject);
    const sweepPorts = { ...ports, ...createUnpacedPorts(client, subject) };
    const sweeps = Promise.all([
      buildSweepActive(sweepPorts, SETTINGS)(),
      buildSweepTasksAndHosts({ ...sweepPorts }, SETTINGS)(),
    ]);
    const { throttled } = await runWithUserLoad(subject, definition, sweeps);
    expect(throttled).toContain('DescribeTasksCommand');
  });

  it('stop at the first throttle, report it, and continue there in the next sweep', async () => {
    const { subject, ports } = await createRunningTasks(1500);
    const { client } = createCountingClient(subject);
    let callsLeft = 12;
    const throttledClient = subject.world.clients(async (name, effect) => {
      if (name === 'DescribeTasksCommand' && callsLeft-- <= 0)
        throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      return effect();
    });
    const sweep = buildSweepActive({ ...ports, ...createUnpacedPorts(throttledClient, subject) }, SETTINGS);
    const first = await sweep();
    expect(first).toMatchObject({ checked: 1200, waiting: 1, failed: 0 });
    expect(first.findings).toMatchObject([{ id: 'active', what: 'throttled' }]);
    const next = await buildSweepActive({ ...ports, ...createUnpacedPorts(client, subject) }, SETTINGS)();
    expect(next).toMatchObject({ checked: 300, waiting: 0 });
    const complete = await buildSweepActive({ ...ports, ...createUnpacedPorts(client, subject) }, SETTINGS)();
    expect(complete).toMatchObject({ checked: 1500, waiting: 0 });
  });
});

/** In the same account, so that it shares the rates. The sweep does not list its task definitions. */
const OTHER_INSTALLATION = { ...TASK_SETTINGS, familyPrefix: 'other' };

describe('the registration of task definitions after a change of the settings', () => {
  /** A cluster with this many workbenches whose definitions have the settings of before. */
  async function createOutdated(workbenches: number) {
    const subject = new WorldFixture();
    const { mount, memoryMib } = await taskInput(subject);
    const before = new TaskDefinitions(subject.world.clients(), { ...TASK_SETTINGS, image: 'before' });
    const stores = memoryStores();
    for (let n = 0; n < workbenches; n += 1) {
      const workbenchId = idAt(T0, n);
      await before.ensure({ workbenchId, mount, memoryMib });
      await stores.workbenches.create(stopped({ userId: 'alice', workbenchId, mount }));
      await subject.advance(1);
    }
    // The token bucket is full again.
    await subject.advance(30);
    const ports = {
      clock: subject.kernel,
      telemetry: new RecordingTelemetry(),
      reports: new MemoryReportStore(),
    };
    return { subject, ports: { ...ports, ...stores }, definition: { mount, memoryMib } };
  }

  /** Runs the sweep every ten minutes, and `eachSecond` every second, until it has registered all. */
  async function sweepUntilDone(
    { subject, ports }: Awaited<ReturnType<typeof createOutdated>>,
    client: Client,
    eachSecond: (second: number) => Promise<void>,
  ) {
    const paced = createPacedPorts(client, subject);
    const reports: ReconcileReport[] = [];
    for (let second = 0; second < 3600; second += 1) {
      if (second % 600 === 0)
        sweepCluster({ ...ports, ...paced }, { graceMs: 0, shard: 0, shards: 1 }).then((report) =>
          reports.push(report),
        );
      if (reports.at(-1)?.definitions?.done) break;
      await eachSecond(second);
      await subject.advance(1);
    }
    return reports;
  }

  it('makes one call in two seconds, so that starts find half of the registrations', async () => {
    const outdated = await createOutdated(150);
    const { subject, definition } = outdated;
    const { client, calls, throttled } = createCountingClient(subject);
    const starts = new TaskDefinitions(subject.world.clients(), OTHER_INSTALLATION);
    let refused = 0;
    const reports = await sweepUntilDone(outdated, client, async (second) => {
      // Two new workbenches in four seconds.
      if (second % 2 !== 0) return;
      const workbenchId = idAt(T0, 1000 + second);
      await starts.ensure({ workbenchId, ...definition }).catch(() => (refused += 1));
    });
    expect([refused, throttled]).toEqual([0, []]);
    expect(reports).toMatchObject([{ failed: 0, waiting: 0, definitions: { done: true } }]);
    const changes = calls.filter(({ name }) => /^(Register|Deregister)TaskDefinition/.test(name));
    expect(changes.filter(({ name }) => name.startsWith('Register'))).toHaveLength(150);
    for (const [index, { at }] of changes.entries())
      expect(at - (changes[index - 1]?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(2000);
  });

  it('leaves the registrations to a mass start at the first throttle, and continues in the next sweep', async () => {
    const outdated = await createOutdated(60);
    const { subject, definition } = outdated;
    const { client, throttled } = createCountingClient(subject);
    const starts = new TaskDefinitions(subject.world.clients(), OTHER_INSTALLATION);
    let started = 0;
    const reports = await sweepUntilDone(outdated, client, async (second) => {
      // For five minutes more workbenches start than ECS allows.
      if (second >= 300) return;
      for (let n = 0; n < 2; n += 1) {
        const workbenchId = idAt(T0, 10_000 + 10 * second + n);
        await starts.ensure({ workbenchId, ...definition }).then(
          () => (started += 1),
          () => undefined,
        );
      }
    });
    const [first, second] = reports;
    expect(first).toMatchObject({
      failed: 0,
      findings: [{ what: 'throttled' }],
      definitions: { done: false },
    });
    expect(second).toMatchObject({ failed: 0, waiting: 0, definitions: { done: true } });
    // One call in the five minutes was refused. All the others went to the starts.
    expect(throttled).toEqual(['RegisterTaskDefinitionCommand']);
    expect(started).toBeGreaterThan(300);
  });
});

describe('the sweep of task definitions', () => {
  it('does not throttle the registrations of users who start workbenches', async () => {
    const subject = new WorldFixture();
    const definitions = new TaskDefinitions(subject.world.clients(), TASK_SETTINGS);
    const { mount, memoryMib } = await taskInput(subject);
    for (let n = 0; n < DEREGISTER_MAX - 2; n += 1) {
      await definitions.ensure({ workbenchId: idAt(T0, n), mount, memoryMib });
      await subject.advance(1);
    }
    // The token bucket is full again, as it is when workbenches are rarely created.
    await subject.advance(30);
    const { client } = createCountingClient(subject);
    const ports = {
      ...{ clock: subject.kernel, telemetry: new RecordingTelemetry(), reports: new MemoryReportStore() },
      ...{ ...memoryStores(), ...createPacedPorts(client, subject) },
    };
    let report: object | undefined;
    sweepCluster(ports, { graceMs: 0, shard: 0, shards: 1 }).then((result) => {
      report = result;
    });
    let throttled = 0;
    let started = 0;
    for (; report === undefined && started < 600; started += 1) {
      // Two new workbenches in four seconds, until the sweep has finished.
      if (started % 2 === 0)
        await definitions
          .ensure({ workbenchId: idAt(T0, 1000 + started), mount, memoryMib })
          .catch(() => (throttled += 1));
      await subject.advance(1);
    }
    expect(throttled).toBe(0);
    expect(report).toMatchObject({ failed: 0, waiting: 0 });
    expect(subject.world.definedFamilies.filter((name) => name < `workbench-${idAt(T0, 100)}`)).toEqual([]);
  });
});
