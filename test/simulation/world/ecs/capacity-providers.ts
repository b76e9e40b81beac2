import { TRUNK_ATTRIBUTE } from '#adapters/aws/ecs/shared-instance-observation.ts';
import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Kernel } from '../../kernel.ts';
import type { HazardDraws } from '../hazards.ts';
import type { SimulatedInstance, SimulatedInstances, Size } from '../simulated-instances.ts';
import type { ContainerInstance, FreeResources, Task } from './types.ts';

/** A capacity provider: a group of instances of one size. */
export interface ProviderSpec {
  readonly name: string;
  readonly instanceType: string;
  /** Without a trunk interface. */
  readonly size: Size;
  /** Network interfaces for tasks with a trunk interface. Undefined if the type does not support trunking. */
  readonly trunkedInterfaces?: number;
  /** The maximum number of instances in the group. */
  readonly max: number;
  /** Instances that exist, with their agents, when the world begins. @default 0 */
  readonly initial?: number;
  /** If false, a task for which no instance has free capacity fails at once. @default true */
  readonly managedScaling?: boolean;
}

interface Provider {
  readonly spec: ProviderSpec;
  readonly waiting: Task[];
  evaluationScheduled: boolean;
}

export interface CapacityDependencies {
  readonly ec2Instances: () => SimulatedInstances;
  readonly tags: Readonly<Record<string, string>>;
  containerInstances(): Iterable<ContainerInstance>;
  place(task: Task, containerInstance: ContainerInstance): void;
  failWaitingTask(task: Task): void;
}

/** ECS scales in after 15 one-minute data points. */
const SCALE_IN_IDLE_MS = 15 * 60_000;
const MINUTE = 60_000;

/**
 * Capacity providers with managed scaling: a task for which no instance has free capacity waits until an instance is
 * launched for it. Idle instances are terminated.
 */
export class CapacityProviders {
  readonly #providers = new Map<string, Provider>();
  readonly #kernel: Kernel;
  readonly #draws: HazardDraws;
  readonly #dependencies: CapacityDependencies;

  constructor(
    kernel: Kernel,
    draws: HazardDraws,
    specs: readonly ProviderSpec[],
    dependencies: CapacityDependencies,
  ) {
    this.#kernel = kernel;
    this.#draws = draws;
    this.#dependencies = dependencies;
    for (const spec of specs) {
      this.#providers.set(spec.name, { spec, waiting: [], evaluationScheduled: false });
    }
  }

  launchInitial(): void {
    for (const { spec } of this.#providers.values()) {
      for (let n = 0; n < (spec.initial ?? 0); n += 1) this.#launch(spec);
    }
  }

  /** Launches another instance of the provider, as far as its maximum allows. */
  launchReplacement(name: string): void {
    const spec = this.#providers.get(name)?.spec;
    if (spec !== undefined && this.#liveInstances(spec).length < spec.max) this.#launch(spec);
  }

  has(name: string): boolean {
    return this.#providers.has(name);
  }

  hasManagedScaling(name: string): boolean {
    return this.#providers.get(name)?.spec.managedScaling !== false;
  }

  /** The container instance of the provider with the least free memory that still fits the size. */
  findContainerInstance(size: Size, provider: string): ContainerInstance | undefined {
    let best: ContainerInstance | undefined;
    for (const candidate of this.#dependencies.containerInstances()) {
      if (candidate.ec2Instance.spec.provider !== provider || !hasFreeCapacity(candidate, size)) continue;
      if (best === undefined || candidate.free.memoryMib < best.free.memoryMib) best = candidate;
    }
    return best;
  }

  enqueue(task: Task): void {
    const provider = this.#providers.get(task.provider ?? '');
    if (provider === undefined) return;
    provider.waiting.push(task);
    this.#scheduleEvaluation(provider, this.#draws.delayMs(this.#draws.timing.scaleOut));
    this.#kernel.after(1_800_000 - this.#draws.secondsAsMs(0, 1200), () => {
      if (provider.waiting.includes(task)) this.#dependencies.failWaitingTask(task);
    });
  }

  cancelWaiting(task: Task): void {
    const waiting = this.#providers.get(task.provider ?? '')?.waiting;
    const at = waiting?.indexOf(task) ?? -1;
    if (at >= 0) waiting?.splice(at, 1);
  }

  /** First come, first served. A task that is too large for the free capacity does not block the tasks after it. */
  placeWaitingTasks(containerInstance: ContainerInstance): void {
    const provider = this.#providers.get(containerInstance.ec2Instance.spec.provider ?? '');
    if (provider === undefined) return;
    for (const task of [...provider.waiting]) {
      if (!hasFreeCapacity(containerInstance, task.size)) continue;
      this.cancelWaiting(task);
      this.#dependencies.place(task, containerInstance);
    }
    if (containerInstance.tasks.size === 0) this.#scheduleScaleIn(containerInstance);
  }

  #scheduleEvaluation(provider: Provider, ms: number): void {
    if (provider.evaluationScheduled) return;
    provider.evaluationScheduled = true;
    this.#kernel.after(ms, () => {
      provider.evaluationScheduled = false;
      if (provider.waiting.length === 0) return;
      this.#scaleOut(provider);
      this.#scheduleEvaluation(provider, MINUTE);
    });
  }

  #scaleOut({ spec, waiting }: Provider): void {
    if (this.#draws.happens('noCapacity')) return;
    const instances = this.#liveInstances(spec);
    const registered = new Set(
      [...this.#dependencies.containerInstances()].map(({ ec2Instance }) => ec2Instance),
    );
    const notRegistered = instances.filter((instance) => !registered.has(instance)).length;
    const needed = countInstancesNeeded(waiting, withTrunk(spec));
    // From zero, ECS launches at least two instances.
    const target = instances.length === 0 ? Math.max(2, needed) : needed;
    const launches = Math.min(target - notRegistered, spec.max - instances.length);
    for (let n = 0; n < launches; n += 1) {
      const delayMs = this.#draws.happens('slowCapacity') ? this.#draws.secondsAsMs(60, 600) : 0;
      if (delayMs === 0) this.#launch(spec);
      else this.#kernel.after(delayMs, () => this.#launch(spec));
    }
  }

  #liveInstances({ name }: ProviderSpec): readonly SimulatedInstance[] {
    return [...this.#dependencies.ec2Instances().all.values()].filter(
      ({ spec, hardwareFailed, state }) =>
        spec.provider === name && !hardwareFailed && isPendingOrRunning(state),
    );
  }

  #launch(spec: ProviderSpec): void {
    const trunked = spec.trunkedInterfaces !== undefined && !this.#draws.happens('launchedWithoutTrunk');
    this.#dependencies.ec2Instances().launch({
      instanceType: spec.instanceType,
      size: trunked ? withTrunk(spec) : spec.size,
      provider: spec.name,
      tags: this.#dependencies.tags,
      attributes: {
        [PROVIDER_ATTRIBUTE]: spec.name,
        'ecs.instance-type': spec.instanceType,
        ...(trunked ? { [TRUNK_ATTRIBUTE]: 'eni-trunk' } : {}),
      },
      imageId: 'ami-shared',
    });
  }

  /** Managed termination protection: an instance that has a task is never terminated by scale-in. */
  #scheduleScaleIn(containerInstance: ContainerInstance): void {
    const { idleSince } = containerInstance;
    this.#kernel.after(SCALE_IN_IDLE_MS, () => {
      const { status, ec2Instance, tasks } = containerInstance;
      if (idleSince === undefined || containerInstance.idleSince !== idleSince || tasks.size > 0) return;
      if (status !== 'INACTIVE') this.#dependencies.ec2Instances().terminate(ec2Instance);
    });
  }
}

export function hasFreeCapacity(
  { status, agentConnected, free, ec2Instance }: ContainerInstance,
  size: Size,
): boolean {
  // Scale-in drains an instance first, so ECS places no task on it.
  const acceptsTasks = status === 'ACTIVE' && ec2Instance.state === 'running';
  return acceptsTasks && agentConnected && missingResource(free, size) === undefined;
}

/** The size of an instance with a trunk interface, if its type supports it. */
export function withTrunk({ size, trunkedInterfaces }: ProviderSpec): Size {
  return trunkedInterfaces === undefined ? size : { ...size, interfaces: trunkedInterfaces };
}

/** The resources of an empty instance. */
export function resourcesOf({ interfaces = Number.POSITIVE_INFINITY, ...size }: Size): FreeResources {
  return { ...size, interfaces };
}

/** The first resource with less free than a task of the size requires. */
export function missingResource(
  free: FreeResources,
  size: Size,
): 'CPU' | 'MEMORY' | 'GPU' | 'ENI' | undefined {
  if (free.cpuUnits < size.cpuUnits) return 'CPU';
  if (free.memoryMib < size.memoryMib) return 'MEMORY';
  if (free.gpuCount < size.gpuCount) return 'GPU';
  return free.interfaces < 1 ? 'ENI' : undefined;
}

export function takeResources(free: FreeResources, size: Size): void {
  free.cpuUnits -= size.cpuUnits;
  free.memoryMib -= size.memoryMib;
  free.gpuCount -= size.gpuCount;
  free.interfaces -= 1;
}

export function returnResources(free: FreeResources, size: Size): void {
  free.cpuUnits += size.cpuUnits;
  free.memoryMib += size.memoryMib;
  free.gpuCount += size.gpuCount;
  free.interfaces += 1;
}

/** The number of empty instances that hold all tasks, by first fit. Ignores tasks that are larger than an instance. */
function countInstancesNeeded(waiting: readonly Task[], size: Size): number {
  const bins: FreeResources[] = [];
  for (const task of waiting) {
    if (missingResource(resourcesOf(size), task.size) !== undefined) continue;
    let bin = bins.find((candidate) => missingResource(candidate, task.size) === undefined);
    if (bin === undefined) {
      bin = resourcesOf(size);
      bins.push(bin);
    }
    takeResources(bin, task.size);
  }
  return bins.length;
}

function isPendingOrRunning(state: string): boolean {
  return state === 'pending' || state === 'running';
}
