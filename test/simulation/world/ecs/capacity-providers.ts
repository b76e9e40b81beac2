import { PROVIDER_ATTRIBUTE } from '#contract/tags.ts';
import type { Kernel } from '../../kernel.ts';
import type { HazardDraws } from '../hazards.ts';
import type { SimulatedInstances, Size } from '../simulated-instances.ts';
import type { ContainerInstance, Task } from './types.ts';

/** A capacity provider: a group of machines of one kind. */
export interface ProviderSpec {
  readonly name: string;
  readonly instanceType: string;
  readonly size: Size;
  /** The most machines of its group. */
  readonly max: number;
  /** Machines there are at the beginning, with their agents. @default 0 */
  readonly initial?: number;
  /** Without it a task without room fails at once. @default true */
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
  place(task: Task, instance: ContainerInstance): void;
  failWaitingTask(task: Task): void;
}

/** Scale-in comes after 15 one-minute datapoints. */
const SCALE_IN_IDLE_MS = 15 * 60_000;
const MINUTE = 60_000;

/** Managed scaling: tasks without room wait, machines are launched for them, and go when they are idle. */
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

  has(name: string): boolean {
    return this.#providers.has(name);
  }

  hasManagedScaling(name: string): boolean {
    return this.#providers.get(name)?.spec.managedScaling !== false;
  }

  /** The fullest machine of the provider that has room for it. */
  findInstanceWithCapacity(size: Size, provider: string): ContainerInstance | undefined {
    let best: ContainerInstance | undefined;
    for (const instance of this.#dependencies.containerInstances()) {
      if (instance.ec2Instance.spec.provider !== provider || !hasFreeCapacity(instance, size)) continue;
      if (best === undefined || instance.free.memoryMib < best.free.memoryMib) best = instance;
    }
    return best;
  }

  enqueue(task: Task): void {
    const provider = this.#providers.get(task.provider ?? '');
    if (provider === undefined) return;
    provider.waiting.push(task);
    this.#scheduleEvaluation(provider, this.#draws.secondsAsMs(5, 60));
    this.#kernel.after(1_800_000 - this.#draws.secondsAsMs(0, 1200), () => {
      if (provider.waiting.includes(task)) this.#dependencies.failWaitingTask(task);
    });
  }

  cancelWaiting(task: Task): void {
    const waiting = this.#providers.get(task.provider ?? '')?.waiting;
    const at = waiting?.indexOf(task) ?? -1;
    if (at >= 0) waiting?.splice(at, 1);
  }

  /** First come, first served; one too large for what is free does not hold up those behind it. */
  placeWaitingTasks(instance: ContainerInstance): void {
    const provider = this.#providers.get(instance.ec2Instance.spec.provider ?? '');
    if (provider === undefined) return;
    for (const task of [...provider.waiting]) {
      if (!hasFreeCapacity(instance, task.size)) continue;
      this.cancelWaiting(task);
      this.#dependencies.place(task, instance);
    }
    if (instance.tasks.size === 0) this.#scheduleScaleIn(instance);
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
    const machines = [...this.#dependencies.ec2Instances().all.values()].filter(
      (machine) =>
        machine.spec.provider === spec.name && !machine.hardwareFailed && isPendingOrRunning(machine.state),
    );
    const registered = new Set(
      [...this.#dependencies.containerInstances()].map(({ ec2Instance: machine }) => machine),
    );
    const coming = machines.filter((machine) => !registered.has(machine)).length;
    const wanted =
      machines.length === 0
        ? Math.max(2, instancesNeeded(waiting, spec.size))
        : instancesNeeded(waiting, spec.size);
    const launches = Math.min(wanted - coming, spec.max - machines.length);
    for (let n = 0; n < launches; n += 1) {
      const late = this.#draws.happens('slowCapacity') ? this.#draws.secondsAsMs(60, 600) : 0;
      if (late === 0) this.#launch(spec);
      else this.#kernel.after(late, () => this.#launch(spec));
    }
  }

  #launch(spec: ProviderSpec): void {
    this.#dependencies.ec2Instances().launch({
      instanceType: spec.instanceType,
      size: spec.size,
      provider: spec.name,
      tags: this.#dependencies.tags,
      attributes: { [PROVIDER_ATTRIBUTE]: spec.name },
      imageId: 'ami-shared',
    });
  }

  /** Termination protection: a machine with a task on it is never taken. */
  #scheduleScaleIn(instance: ContainerInstance): void {
    const { idleSince } = instance;
    this.#kernel.after(SCALE_IN_IDLE_MS, () => {
      if (instance.idleSince !== idleSince || idleSince === undefined || instance.tasks.size > 0) return;
      if (instance.status !== 'INACTIVE') this.#dependencies.ec2Instances().terminate(instance.ec2Instance);
    });
  }
}

export function hasFreeCapacity(
  { status, agentConnected, free, ec2Instance: machine }: ContainerInstance,
  size: Size,
): boolean {
  // A machine that is being scaled in is drained first: nothing more is placed on it.
  const here = status === 'ACTIVE' && machine.state === 'running';
  return here && agentConnected && missingResource(free, size) === undefined;
}

/** What there is too little of. */
export function missingResource(free: Size, size: Size): 'CPU' | 'MEMORY' | 'GPU' | undefined {
  if (free.cpuUnits < size.cpuUnits) return 'CPU';
  if (free.memoryMib < size.memoryMib) return 'MEMORY';
  return free.gpuCount < size.gpuCount ? 'GPU' : undefined;
}

/** How many empty machines hold them all, first fit; what no machine can hold is left out. */
function instancesNeeded(waiting: readonly Task[], size: Size): number {
  const bins: { cpuUnits: number; memoryMib: number; gpuCount: number }[] = [];
  for (const task of waiting) {
    if (missingResource(size, task.size) !== undefined) continue;
    let bin = bins.find((candidate) => missingResource(candidate, task.size) === undefined);
    if (bin === undefined) {
      bin = { ...size };
      bins.push(bin);
    }
    bin.cpuUnits -= task.size.cpuUnits;
    bin.memoryMib -= task.size.memoryMib;
    bin.gpuCount -= task.size.gpuCount;
  }
  return bins.length;
}

function isPendingOrRunning(state: string): boolean {
  return state === 'pending' || state === 'running';
}
