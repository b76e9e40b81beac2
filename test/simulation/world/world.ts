import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECSClient, RunTaskCommandOutput } from '@aws-sdk/client-ecs';
import type { EFSClient } from '@aws-sdk/client-efs';
import type { SendMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import { Account } from './account.ts';
import type { AwsCommand } from './aws-error.ts';
import { Ec2Model } from './ec2-model.ts';
import type { ProviderSpec } from './ecs/capacity-providers.ts';
import { EcsModel } from './ecs/ecs-model.ts';
import type { ContainerInstance, Task } from './ecs/types.ts';
import { EfsModel } from './efs-model.ts';
import { FunctionClock } from './function-clock.ts';
import { type Container, type Directory, GroundTruth } from './ground-truth.ts';
import type { Hazards } from './hazards.ts';
import { HazardDraws } from './hazards.ts';
import { type SimulatedInstance, SimulatedInstances, type Size } from './simulated-instances.ts';
import { SimulatedJanitor } from './simulated-janitor.ts';
import { type QueueOptions, SqsModel } from './sqs-model.ts';
import type { Timing } from './timing.ts';

export interface WorldOptions {
  readonly providers: readonly ProviderSpec[];
  /** The instance types that RunInstances accepts. @default none */
  readonly instanceTypes?: Readonly<Record<string, Size>>;
  /** @default workbench */
  readonly cluster?: string;
  /** @default ['fs-1'] */
  readonly fileSystemIds?: readonly string[];
  /** @default /workbenches */
  readonly parentPath?: string;
  /** Tags of the instances that capacity providers launch. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  readonly hazards?: Partial<Hazards>;
  /** @default WIDE_TIMING */
  readonly timing?: Timing;
  readonly queue?: QueueOptions;
  /** The queue of the function `drive-host`. Its URL ends in `/host`. */
  readonly hostQueue?: QueueOptions;
  /** The queue of the function `drive-delete`. Its URL ends in `/delete`. */
  readonly deleteQueue?: QueueOptions;
  /** The maximum number of entries that one call of the janitor deletes. @default 1,000 */
  readonly entriesPerCall?: number;
  /** Receives every event that AWS sends to EventBridge, at the moment of the change. */
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

/** A running container writes a file at this interval. */
const WRITE_INTERVAL_MS = 600_000;

/**
 * A model of ECS, EC2, EFS and SQS in one account and region. It executes an SDK command without delay; changes that take
 * time are scheduled with the kernel. `truth` and the read-only members below show the actual state, independent of what
 * the APIs report.
 */
export class World {
  readonly truth = new GroundTruth();
  readonly account: Account;
  readonly functionClock: FunctionClock;
  readonly ec2Instances: SimulatedInstances;
  readonly ecs: EcsModel;
  readonly ec2: Ec2Model;
  readonly efs: EfsModel;
  readonly sqs: SqsModel;
  readonly hostSqs: SqsModel;
  readonly deleteSqs: SqsModel;
  readonly janitor: SimulatedJanitor;
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #onEvent: ((event: WorldEvent) => void) | undefined;
  #events = 0;

  constructor(kernel: Kernel, tape: Tape, options: WorldOptions) {
    const { cluster = 'workbench', fileSystemIds = ['fs-1'], parentPath = '/workbenches' } = options;
    this.#kernel = kernel;
    this.#draws = new HazardDraws(tape, options.hazards, options.timing);
    this.account = new Account(kernel, this.#draws);
    this.functionClock = new FunctionClock(kernel, this.#draws);
    this.#onEvent = options.onEvent;
    const publishEvent = (event: Readonly<Record<string, unknown>>) => this.#publishEvent(event);
    const endContainer = (container: Container) => this.#endContainer(container);
    this.ecs = new EcsModel(kernel, this.#draws, cluster, options.providers, {
      ec2Instances: () => this.ec2Instances,
      tags: options.tags ?? {},
      publishEvent,
      directoryFor: (task) => this.#directoryFor(task),
      startContainer: (task, containerInstance, directory) =>
        this.#startContainer(task, containerInstance, directory),
      endContainer,
      endMount: (container) => this.#endMount(container),
    });
    this.ec2Instances = new SimulatedInstances(kernel, this.#draws, {
      onBooted: (instance) => this.ecs.agents.onBooted(instance),
      onEnding: (instance, how) => this.ecs.agents.onEnding(instance, how),
      onPowerLost: (instance, how) => this.ecs.agents.onPowerLost(instance, how),
      onContainerKilled: endContainer,
      onEvent: publishEvent,
    });
    this.ec2 = new Ec2Model(kernel, this.#draws, this.ec2Instances, cluster, options.instanceTypes ?? {});
    this.efs = new EfsModel(kernel, this.#draws, fileSystemIds, this.truth);
    this.sqs = new SqsModel(kernel, this.#draws, options.queue ?? {});
    this.hostSqs = new SqsModel(kernel, this.#draws, options.hostQueue ?? {});
    this.deleteSqs = new SqsModel(kernel, this.#draws, options.deleteQueue ?? {});
    this.janitor = new SimulatedJanitor(kernel, this.truth, {
      parent: parentPath,
      entriesPerCall: options.entriesPerCall ?? 1000,
    });
    this.ecs.capacity.launchInitial();
  }

  /** Executes an SDK command. Returns the output of the SDK, or throws its error. */
  handle(command: AwsCommand): unknown {
    const at = this.#kernel.now();
    try {
      const output = this.#execute(command);
      if (command.constructor.name === 'RunTaskCommand') {
        const { failures = [] } = output as RunTaskCommandOutput;
        for (const { reason = '' } of failures) this.truth.refusals.push({ at, name: reason });
      }
      return output;
    } catch (error) {
      if (error instanceof Error) {
        this.truth.refusals.push({ at, name: error.name, message: error.message });
      }
      throw error;
    }
  }

  #queueAt(url: string | undefined): SqsModel {
    if (url?.endsWith('/host')) return this.hostSqs;
    return url?.endsWith('/delete') ? this.deleteSqs : this.sqs;
  }

  #execute(command: AwsCommand): unknown {
    const { name } = command.constructor;
    this.account.authorize(name.replace(/Command$/, ''));
    if (name.includes('AccessPoint')) return this.efs.handle(command);
    if (name.includes('Message')) {
      const { QueueUrl } = command.input as SendMessageCommandInput;
      return this.#queueAt(QueueUrl).handle(command);
    }
    if (/^(Run|Describe|Start|Stop|Terminate)InstancesCommand$/.test(name)) return this.ec2.handle(command);
    return this.ecs.handle(command);
  }

  /**
   * Returns a client for the adapters.
   * @param intercept called for each command; it decides whether `effect` is executed and whether a response is returned
   */
  clients(
    intercept: (name: string, effect: () => unknown) => Promise<unknown> = async (_, effect) => effect(),
  ) {
    const send = (command: AwsCommand) => intercept(command.constructor.name, () => this.handle(command));
    const client = { send };
    return client as unknown as Pick<ECSClient, 'send'> &
      Pick<EC2Client, 'send'> &
      Pick<EFSClient, 'send'> &
      Pick<SQSClient, 'send'>;
  }

  /**
   * From now on no hazard happens and every delay has its minimum. Earlier failures end as on AWS: disconnected agents
   * reconnect, containers that survived their stop end, and instances that drain or whose hardware has failed are terminated.
   */
  disableHazards(): void {
    this.#draws.disableHazards();
    this.ecs.agents.disableHazards();
    this.ecs.interruptions.disableHazards();
    this.ecs.lifecycle.disableHazards();
    for (const instance of this.ec2Instances.all.values()) {
      if (instance.hardwareFailed && instance.state === 'running') this.ec2Instances.terminate(instance);
    }
  }

  /** Hazard → how often it happened. */
  get hazardCounts(): ReadonlyMap<keyof Hazards, number> {
    return this.#draws.counts;
  }

  /** The live containers. */
  get containers(): ReadonlySet<Container> {
    return this.truth.containers;
  }

  /** The directories that exist, quarantined ones included. */
  get directories(): ReadonlyMap<string, Directory> {
    return this.truth.directories;
  }

  /** The hosts that are not terminated. They cost money, and so do the disks of stopped ones. */
  get liveHosts(): readonly SimulatedInstance[] {
    return [...this.ec2Instances.all.values()].filter(
      ({ spec, state }) => spec.provider === undefined && state !== 'terminated',
    );
  }

  /** The families that have an active task definition. */
  get definedFamilies(): readonly string[] {
    const { families } = this.ecs.definitions;
    return [...families]
      .filter(([, revisions]) => revisions.some(({ active }) => active))
      .map(([name]) => name);
  }

  /** Container instances that are registered although their instance is terminated. */
  get staleRegistrations(): readonly ContainerInstance[] {
    return [...this.ecs.agents.containerInstances.values()].filter(
      ({ status, ec2Instance }) => status !== 'INACTIVE' && ec2Instance.state === 'terminated',
    );
  }

  /** Mounts an access point as a task does. Returns its directory; undefined if it cannot be mounted. */
  mount(fileSystemId: string, accessPointId: string): Directory | undefined {
    return this.efs.mount(fileSystemId, accessPointId);
  }

  #directoryFor(task: Task): Directory | undefined {
    const volume = task.definition.input.volumes?.[0]?.efsVolumeConfiguration;
    return this.efs.mount(volume?.fileSystemId ?? '', volume?.authorizationConfig?.accessPointId ?? '');
  }

  #startContainer(task: Task, { ec2Instance }: ContainerInstance, directory: Directory): Container {
    const container: Container = {
      taskArn: task.arn,
      workbenchId: task.workbenchId,
      runId: task.runId,
      attempt: task.attempt,
      instanceId: ec2Instance.instanceId,
      directory,
      startedAt: this.#kernel.now(),
    };
    this.truth.containers.add(container);
    this.truth.mounts.push(container);
    directory.mountedBy.add(container);
    ec2Instance.containers.add(container);
    this.#writePeriodically(container, 0);
    return container;
  }

  #writePeriodically(container: Container, count: number): void {
    if (container.endedAt !== undefined) return;
    this.#writeFile(container, String(count));
    this.#kernel.after(WRITE_INTERVAL_MS, () => this.#writePeriodically(container, count + 1));
  }

  #writeFile(container: Container, name: string): void {
    const { directory, runId, attempt, workbenchId, mountEndedAt } = container;
    if (mountEndedAt !== undefined) return;
    if (directory.removedAt !== undefined) this.truth.lostWrites.push(container);
    else directory.files.set(`${runId}-${attempt}-${name}`, workbenchId);
  }

  /** The container writes a last file before it ends, unless its instance has lost power. */
  #endContainer(container: Container): void {
    if (container.endedAt !== undefined) return;
    const instance = this.ec2Instances.all.get(container.instanceId);
    if (instance?.powered) this.#writeFile(container, 'last');
    container.endedAt = this.#kernel.now();
    this.truth.containers.delete(container);
    container.directory.mountedBy.delete(container);
    instance?.containers.delete(container);
  }

  /** Detaches the volume of a container that runs on. */
  #endMount(container: Container): void {
    if (container.endedAt !== undefined) return;
    container.mountEndedAt = this.#kernel.now();
    container.directory.mountedBy.delete(container);
  }

  #publishEvent(event: Readonly<Record<string, unknown>>): void {
    if (this.#onEvent === undefined) return;
    this.#events += 1;
    const envelope = {
      version: '0',
      id: `event-${this.#events}`,
      account: '123456789012',
      region: 'us-east-1',
      time: new Date(this.#kernel.now()).toISOString(),
      ...event,
    };
    this.#onEvent(envelope as unknown as WorldEvent);
  }
}
