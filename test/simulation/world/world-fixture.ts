import { createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import type { HostSettings } from '#adapters/aws/ec2/run-instances-input.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import { type EfsSettings, EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import { INSTALLATION_TAG } from '#contract/tags.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { TaskInput } from '#core/ports/task-runner.ts';
import { Kernel } from '../kernel.ts';
import { Tape } from '../tape.ts';
import { resourcesOf, withTrunk } from './ecs/capacity-providers.ts';
import { World, type WorldEvent, type WorldOptions } from './world.ts';

export const INSTALLATION = 'simulated';

export const TASK_SETTINGS: TaskSettings = {
  cluster: 'workbench',
  familyPrefix: 'workbench',
  image: 'registry.example/workbench:1',
  bootCommand: 'start-workbench',
  port: 8080,
  mountPath: '/workbench',
  baseUrl: (workbenchId) => `https://workbenches.example/project/${workbenchId}`,
  subnets: ['subnet-1', 'subnet-2'],
  securityGroups: ['sg-1'],
};

export const HOST_SETTINGS: HostSettings = {
  cluster: 'workbench',
  installation: INSTALLATION,
  launchTemplate: { id: 'lt-1', version: '3' },
  subnets: ['subnet-1', 'subnet-2'],
};

export const EFS_SETTINGS: EfsSettings = { fileSystemIds: ['fs-1'] };

/** USD per hour of one instance, and per month of its disk. */
interface MachinePrice {
  readonly price: number;
  readonly diskPrice: number;
}

/** Price of the files of workbenches, USD a GiB and month. */
export const FILES_PRICE = 0.35;

export const MACHINE_PRICES: Readonly<Record<'providers' | 'hosts', Readonly<Record<string, MachinePrice>>>> =
  {
    providers: {
      small: { price: 0.192, diskPrice: 11.2 },
      memory: { price: 0.126, diskPrice: 13 },
      large: { price: 0.752, diskPrice: 16 },
    },
    hosts: {
      'm7i.large': { price: 0.1008, diskPrice: 8 },
      'm5.large': { price: 0.096, diskPrice: 8 },
    },
  };

export const WORLD_OPTIONS: WorldOptions = {
  providers: [
    {
      name: 'small',
      instanceType: 'm6i.xlarge',
      size: { cpuUnits: 4096, memoryMib: 15_500, gpuCount: 0, interfaces: 3 },
      trunkedInterfaces: 20,
      max: 20,
    },
    {
      name: 'memory',
      instanceType: 'r6i.large',
      size: { cpuUnits: 2048, memoryMib: 15_000, gpuCount: 0, interfaces: 2 },
      trunkedInterfaces: 10,
      max: 20,
    },
    {
      name: 'large',
      instanceType: 'g4dn.2xlarge',
      size: { cpuUnits: 8192, memoryMib: 31_000, gpuCount: 1, interfaces: 2 },
      max: 10,
    },
  ],
  instanceTypes: {
    'm7i.large': { cpuUnits: 2048, memoryMib: 7800, gpuCount: 0 },
    'm5.large': { cpuUnits: 2048, memoryMib: 7700, gpuCount: 0 },
  },
  tags: { [INSTALLATION_TAG]: INSTALLATION },
};

/** The sizes of the world, in the form that the settings have. */
export const SIZES: SizeCatalog = createSettingsCatalog({
  providers: WORLD_OPTIONS.providers.map((spec) => ({
    name: spec.name,
    ...resourcesOf(withTrunk(spec)),
    untrunkedInterfaces: resourcesOf(spec.size).interfaces,
    ...(MACHINE_PRICES.providers[spec.name] ?? { price: 0 }),
  })),
  instanceTypes: Object.entries(WORLD_OPTIONS.instanceTypes ?? {}).map(([name, size]) => ({
    name,
    ...size,
    ...MACHINE_PRICES.hosts[name],
  })),
});

/** A world with the AWS adapters over it. The test advances its time. */
export class WorldFixture {
  readonly kernel = new Kernel();
  readonly world: World;
  readonly events: WorldEvent[] = [];

  constructor(options: Partial<WorldOptions> = {}, tape: readonly number[] = []) {
    const onEvent = (event: WorldEvent) => this.events.push(event);
    this.world = new World(this.kernel, new Tape(tape), { ...WORLD_OPTIONS, onEvent, ...options });
  }

  tasks(settings: Partial<TaskSettings> = {}): EcsTaskRunner {
    const client = this.world.clients();
    return new EcsTaskRunner(
      client,
      { ...TASK_SETTINGS, ...settings },
      new Ec2Instances(client, INSTALLATION),
      this.kernel,
    );
  }

  hosts(settings: Partial<HostSettings> = {}): Ec2HostFleet {
    const client = this.world.clients();
    const instances = new ContainerInstances(client, HOST_SETTINGS.cluster);
    return new Ec2HostFleet(client, instances, { ...HOST_SETTINGS, ...settings }, this.kernel);
  }

  volumes(settings: Partial<EfsSettings> = {}): EfsVolumeStore {
    return new EfsVolumeStore(
      this.world.clients(),
      this.world.janitor,
      { ...EFS_SETTINGS, ...settings },
      this.kernel,
    );
  }

  queue(): SqsWorkQueue {
    return new SqsWorkQueue(this.world.clients(), 'https://sqs.example/work');
  }

  /** Settles the pending promises, then advances the time. */
  async advance(seconds: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const end = this.kernel.now() + seconds * 1000;
    while (await this.kernel.step(end));
  }
}

/** Creates the volume of a workbench and returns a task input that mounts it. */
export async function taskInput(subject: WorldFixture, change: Partial<TaskInput> = {}): Promise<TaskInput> {
  const workbenchId = change.workbenchId ?? '01jf0000000000000000000001';
  const volume = await subject.volumes().ensure(workbenchId);
  if (volume.kind !== 'ready') throw new Error(JSON.stringify(volume));
  return {
    userId: 'alice',
    workbenchId,
    runId: 'run1',
    attempt: 1,
    name: 'mine',
    cpuUnits: 1024,
    memoryMib: 2048,
    gpuCount: 0,
    placement: { kind: 'provider', provider: 'small' },
    mount: { ...volume.mount },
    ...change,
  };
}
