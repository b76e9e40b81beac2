import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { EFSClient } from '@aws-sdk/client-efs';
import type { SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { AwsCommand } from './aws-error.ts';
import { Ec2Model } from './ec2-model.ts';
import type { ProviderSpec } from './ecs/capacity-providers.ts';
import { EcsModel } from './ecs/ecs-model.ts';
import type { ContainerInstance, Task } from './ecs/types.ts';
import { EfsModel } from './efs-model.ts';
import { type Container, type Directory, GroundTruth } from './ground-truth.ts';
import type { Hazards } from './hazards.ts';
import { HazardDraws } from './hazards.ts';
import { type SimulatedInstance, SimulatedInstances, type Size } from './simulated-instances.ts';
import { SimulatedJanitor } from './simulated-janitor.ts';
import { type QueueOptions, SqsModel } from './sqs-model.ts';

export interface WorldOptions {
  readonly providers: readonly ProviderSpec[];
  /** What may be launched by RunInstances. @default none */
  readonly instanceTypes?: Readonly<Record<string, Size>>;
  /** @default workbench */
  readonly cluster?: string;
  /** @default ['fs-1'] */
  readonly fileSystemIds?: readonly string[];
  /** @default /workbenches */
  readonly parentPath?: string;
  /** Tags of the machines that capacity providers launch. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  readonly hazards?: Partial<Hazards>;
  readonly queue?: QueueOptions;
  /** The queue of the function that has the machines; its address ends in `/host`. */
  readonly hostQueue?: QueueOptions;
  /** Entries that one call of the janitor removes at most. @default 1,000 */
  readonly entriesPerCall?: number;
  /** Every event that AWS sends to EventBridge, whole, at the moment of the change. */
  readonly onEvent?: (event: WorldEvent) => void;
}

export interface WorldEvent {
  readonly source: 'aws.ecs' | 'aws.ec2';
  readonly 'detail-type': string;
  readonly id: string;
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A running container writes this often. */
const WRITE_INTERVAL_MS = 600_000;

/**
 * AWS as far as the controller meets it: ECS, EC2, EFS and SQS in one account, one region, one moment. It
 * answers the SDK's commands at once and takes its time only between them, by the kernel. `truth`, and what
 * is read-only below, show what is really there.
 */
export class World {
  readonly truth = new GroundTruth();
  readonly ec2Instances: SimulatedInstances;
  readonly ecs: EcsModel;
  readonly ec2: Ec2Model;
  readonly efs: EfsModel;
  readonly sqs: SqsModel;
  readonly hostSqs: SqsModel;
  readonly janitor: SimulatedJanitor;
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #onEvent: ((event: WorldEvent) => void) | undefined;
  #events = 0;

  constructor(kernel: Kernel, tape: Tape, options: WorldOptions) {
    const { cluster = 'workbench', fileSystemIds = ['fs-1'], parentPath = '/workbenches' } = options;
    this.#kernel = kernel;
    this.#draws = new HazardDraws(tape, options.hazards);
    this.#onEvent = options.onEvent;
    const event = (about: Readonly<Record<string, unknown>>) => this.#publishEvent(about);
    const endContainer = (container: Container) => this.#endContainer(container);
    this.ecs = new EcsModel(kernel, this.#draws, cluster, options.providers, {
      ec2Instances: () => this.ec2Instances,
      tags: options.tags ?? {},
      publishEvent: event,
      directoryFor: (task) => this.#directoryFor(task),
      startContainer: (task, instance, directory) => this.#startContainer(task, instance, directory),
      endContainer,
    });
    this.ec2Instances = new SimulatedInstances(kernel, this.#draws, {
      onBooted: (machine) => this.ecs.agents.onBooted(machine),
      onPowerLost: (machine, how) => this.ecs.agents.onPowerLost(machine, how),
      onContainerKilled: endContainer,
      onEvent: event,
    });
    this.ec2 = new Ec2Model(kernel, this.#draws, this.ec2Instances, cluster, options.instanceTypes ?? {});
    this.efs = new EfsModel(kernel, this.#draws, fileSystemIds, this.truth);
    this.sqs = new SqsModel(kernel, this.#draws, options.queue ?? {});
    this.hostSqs = new SqsModel(kernel, this.#draws, options.hostQueue ?? {});
    this.janitor = new SimulatedJanitor(kernel, this.truth, {
      parent: parentPath,
      entriesPerCall: options.entriesPerCall ?? 1000,
    });
    this.ecs.capacity.launchInitial();
  }

  /** Answers a command of the SDK, or throws what the SDK would. */
  handle(command: AwsCommand): unknown {
    const { name } = command.constructor;
    if (name.includes('AccessPoint')) return this.efs.handle(command);
    if (name.includes('Message')) {
      const { QueueUrl } = command.input as SendMessageCommandInput;
      return (QueueUrl?.endsWith('/host') ? this.hostSqs : this.sqs).handle(command);
    }
    if (/^(Run|Describe|Start|Stop|Terminate)InstancesCommand$/.test(name)) return this.ec2.handle(command);
    return this.ecs.handle(command);
  }

  /**
   * Clients to give to adapters.
   * @param through what each call passes through on its way; it may keep it from its effect, or its answer from coming
   */
  clients(
    through: (name: string, effect: () => unknown) => Promise<unknown> = async (_, effect) => effect(),
  ) {
    const send = (command: AwsCommand) => through(command.constructor.name, () => this.handle(command));
    const client = { send };
    return client as unknown as Pick<ECSClient, 'send'> &
      Pick<EC2Client, 'send'> &
      Pick<EFSClient, 'send'> &
      Pick<SQSClient, 'send'>;
  }

  /**
   * From now on nothing goes wrong by itself and everything takes its shortest time. What had gone wrong before
   * is put right as AWS would in the end: silent agents speak, broken machines are given up.
   */
  disableHazards(): void {
    this.#draws.disableHazards();
    this.ecs.agents.disableHazards();
    for (const machine of this.ec2Instances.all.values()) {
      if (machine.hardwareFailed && machine.state === 'running') this.ec2Instances.terminate(machine);
    }
  }

  /** Containers that live. */
  get containers(): ReadonlySet<Container> {
    return this.truth.containers;
  }

  /** Directories that are there, those set aside too. */
  get directories(): ReadonlyMap<string, Directory> {
    return this.truth.directories;
  }

  /** Dedicated machines that are not terminated: they cost money, or their disks do. */
  get liveHosts(): readonly SimulatedInstance[] {
    return [...this.ec2Instances.all.values()].filter(
      ({ spec, state }) => spec.provider === undefined && state !== 'terminated',
    );
  }

  /** The families of task definitions that have an active one. */
  get definedFamilies(): readonly string[] {
    const { families } = this.ecs.definitions;
    return [...families]
      .filter(([, revisions]) => revisions.some(({ active }) => active))
      .map(([name]) => name);
  }

  /** Container instances on the cluster whose machine is terminated. */
  get staleRegistrations(): readonly ContainerInstance[] {
    return [...this.ecs.agents.instances.values()].filter(
      ({ status, ec2Instance: machine }) => status !== 'INACTIVE' && machine.state === 'terminated',
    );
  }

  /** What tasks would mount through this access point, made as a first mount would. */
  mount(fileSystemId: string, accessPointId: string): Directory | undefined {
    return this.efs.mount(fileSystemId, accessPointId);
  }

  #directoryFor(task: Task): Directory | undefined {
    const volume = task.definition.input.volumes?.[0]?.efsVolumeConfiguration;
    return this.efs.mount(volume?.fileSystemId ?? '', volume?.authorizationConfig?.accessPointId ?? '');
  }

  #startContainer(task: Task, { ec2Instance: machine }: ContainerInstance, directory: Directory): Container {
    const container: Container = {
      taskArn: task.arn,
      workbenchId: task.workbenchId,
      runId: task.runId,
      attempt: task.attempt,
      instanceId: machine.instanceId,
      directory,
      startedAt: this.#kernel.now(),
    };
    this.truth.containers.add(container);
    this.truth.mounts.push(container);
    directory.mountedBy.add(container);
    machine.containers.add(container);
    this.#writePeriodically(container, 0);
    return container;
  }

  #writePeriodically(container: Container, count: number): void {
    if (container.endedAt !== undefined) return;
    this.#writeFile(container, String(count));
    this.#kernel.after(WRITE_INTERVAL_MS, () => this.#writePeriodically(container, count + 1));
  }

  #writeFile(container: Container, what: string): void {
    const { directory, runId, attempt, workbenchId } = container;
    if (directory.removedAt !== undefined) this.truth.lostWrites.push(container);
    else directory.files.set(`${runId}-${attempt}-${what}`, workbenchId);
  }

  /** The last thing that it does is to save its files, unless the power went. */
  #endContainer(container: Container): void {
    if (container.endedAt !== undefined) return;
    const machine = this.ec2Instances.all.get(container.instanceId);
    if (machine?.powered) this.#writeFile(container, 'last');
    container.endedAt = this.#kernel.now();
    this.truth.containers.delete(container);
    container.directory.mountedBy.delete(container);
    machine?.containers.delete(container);
  }

  #publishEvent(about: Readonly<Record<string, unknown>>): void {
    if (this.#onEvent === undefined) return;
    this.#events += 1;
    const envelope = {
      version: '0',
      id: `event-${this.#events}`,
      account: '123456789012',
      region: 'us-east-1',
      time: new Date(this.#kernel.now()).toISOString(),
      ...about,
    };
    this.#onEvent(envelope as unknown as WorldEvent);
  }
}
