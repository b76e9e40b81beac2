import { canHold } from '#core/placement/capacity.ts';
import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';
import type { Timeline } from './timeline.ts';

const MINUTE_SECONDS = 60;
/** From the launch of an instance until its agent accepts tasks. */
const BOOT_SECONDS = 90;
/** ECS scales in after 15 one-minute datapoints. */
const IDLE_SECONDS_MAX = 15 * MINUTE_SECONDS;

interface Task {
  readonly request: Capacity;
  readonly durationSeconds: number;
  readonly requestedAt: number;
}

interface Instance {
  readonly id: string;
  readonly group: Group;
  readonly launchedAt: number;
  free: { cpuUnits: number; memoryMib: number; gpuCount: number; interfaces: number };
  tasks: number;
  idleSince: number;
  version: number;
}

interface Group {
  readonly provider: CapacityProvider;
  readonly instances: Set<Instance>;
  readonly waiting: Task[];
  launching: number;
}

/** The content of an ECS event about an instance. */
export interface InstanceEvent {
  readonly instanceId: string;
  readonly version: number;
  readonly provider: string;
  readonly free: Capacity;
  readonly tasks: number;
  readonly gone: boolean;
}

/** Amounts that were paid for and used, integrated over time. */
export interface Bill {
  /** USD. */
  cost: number;
  /** Running hours of all workbenches. */
  workbenchHours: number;
  /** Unit hours that were paid for, and that workbenches used. */
  paid: { cpu: number; memory: number };
  used: { cpu: number; memory: number };
  started: number;
  /** Starts that waited for a new instance. */
  waited: number;
}

/**
 * Simulates capacity providers with ECS managed scaling. A task is placed on the fullest instance of its provider with
 * enough free capacity and a free network interface (binpack by memory), or waits. Each minute, instances are launched for waiting tasks: at least
 * two if there are none. An instance without tasks for 15 minutes is terminated. Instances are paid by the second.
 */
export class Cluster {
  readonly #timeline: Timeline;
  readonly #groups = new Map<string, Group>();
  readonly #onChange: (event: InstanceEvent) => void;
  #launches = 0;
  /** Running tasks, and the time of the last change. */
  readonly #running = { count: 0, cpu: 0, memory: 0, since: 0 };
  readonly bill: Bill = {
    cost: 0,
    workbenchHours: 0,
    paid: { cpu: 0, memory: 0 },
    used: { cpu: 0, memory: 0 },
    started: 0,
    waited: 0,
  };

  constructor(
    timeline: Timeline,
    providers: readonly CapacityProvider[],
    onChange: (event: InstanceEvent) => void,
  ) {
    this.#timeline = timeline;
    this.#onChange = onChange;
    for (const provider of providers) {
      this.#groups.set(provider.name, { provider, instances: new Set(), waiting: [], launching: 0 });
    }
  }

  run(request: Capacity, durationSeconds: number, provider: string): void {
    const group = this.#groups.get(provider);
    if (group === undefined || !canHold(group.provider, request))
      throw new RangeError(`the request does not fit on ${provider}`);
    const task = { request, durationSeconds, requestedAt: this.#timeline.now };
    const instance = findFullestInstance(group, request);
    if (instance !== undefined) this.#place(task, instance);
    else group.waiting.push(task);
  }

  /** Runs once a minute. */
  evaluate(): void {
    const { now } = this.#timeline;
    for (const group of this.#groups.values()) {
      for (const instance of group.instances) {
        if (instance.tasks === 0 && now - instance.idleSince >= IDLE_SECONDS_MAX) this.#terminate(instance);
      }
      if (group.waiting.length === 0) continue;
      const bins = countInstancesNeeded(group);
      const target = group.instances.size + group.launching === 0 ? Math.max(2, bins) : bins;
      for (let n = group.launching; n < target; n += 1) this.#launch(group);
    }
  }

  /** Completes the bill up to now. */
  close(): void {
    this.#count({ cpuUnits: 0, memoryMib: 0, gpuCount: 0 }, 0);
    for (const { instances } of this.#groups.values())
      for (const instance of instances) this.#terminate(instance);
  }

  #launch(group: Group): void {
    const launchedAt = this.#timeline.now;
    group.launching += 1;
    this.#launches += 1;
    const id = `instance-${this.#launches}`;
    this.#timeline.after(BOOT_SECONDS, () => {
      group.launching -= 1;
      const { cpuUnits, memoryMib, gpuCount, interfaces } = group.provider;
      const instance: Instance = {
        id,
        group,
        launchedAt,
        free: { cpuUnits, memoryMib, gpuCount, interfaces },
        tasks: 0,
        idleSince: this.#timeline.now,
        version: 0,
      };
      group.instances.add(instance);
      this.#emitChange(instance);
      for (const task of [...group.waiting]) {
        if (!canHold(instance.free, task.request)) continue;
        group.waiting.splice(group.waiting.indexOf(task), 1);
        this.#place(task, instance);
      }
    });
  }

  #place(task: Task, instance: Instance): void {
    const { bill } = this;
    bill.started += 1;
    if (this.#timeline.now > task.requestedAt) bill.waited += 1;
    instance.tasks += 1;
    adjustFree(instance.free, task.request, -1);
    this.#emitChange(instance);
    this.#count(task.request, 1);
    this.#timeline.after(task.durationSeconds, () => {
      this.#count(task.request, -1);
      instance.tasks -= 1;
      adjustFree(instance.free, task.request, 1);
      if (instance.tasks === 0) instance.idleSince = this.#timeline.now;
      this.#emitChange(instance);
    });
  }

  #count({ cpuUnits, memoryMib }: Capacity, change: 1 | 0 | -1): void {
    const running = this.#running;
    const hours = (this.#timeline.now - running.since) / 3600;
    this.bill.workbenchHours += hours * running.count;
    this.bill.used.cpu += hours * running.cpu;
    this.bill.used.memory += hours * running.memory;
    running.since = this.#timeline.now;
    running.count += change;
    running.cpu += change * cpuUnits;
    running.memory += change * memoryMib;
  }

  #terminate(instance: Instance): void {
    const { bill } = this;
    const { price, cpuUnits, memoryMib } = instance.group.provider;
    const hours = (this.#timeline.now - instance.launchedAt) / 3600;
    instance.group.instances.delete(instance);
    bill.cost += hours * price;
    bill.paid.cpu += hours * cpuUnits;
    bill.paid.memory += hours * memoryMib;
    this.#emitChange(instance, true);
  }

  #emitChange(instance: Instance, gone = false): void {
    instance.version += 1;
    const { cpuUnits, memoryMib, gpuCount } = instance.free;
    this.#onChange({
      instanceId: instance.id,
      version: instance.version,
      provider: instance.group.provider.name,
      free: { cpuUnits, memoryMib, gpuCount },
      tasks: instance.tasks,
      gone,
    });
  }
}

function findFullestInstance({ instances }: Group, request: Capacity): Instance | undefined {
  let best: Instance | undefined;
  for (const instance of instances) {
    if (!canHold(instance.free, request)) continue;
    if (best === undefined || instance.free.memoryMib < best.free.memoryMib) best = instance;
  }
  return best;
}

/** Returns the number of empty instances that the waiting tasks need, by first fit. */
function countInstancesNeeded({ provider, waiting }: Group): number {
  const bins: Instance['free'][] = [];
  for (const { request } of waiting) {
    let bin = bins.find((candidate) => canHold(candidate, request));
    if (bin === undefined) {
      const { cpuUnits, memoryMib, gpuCount, interfaces } = provider;
      bin = { cpuUnits, memoryMib, gpuCount, interfaces };
      bins.push(bin);
    }
    adjustFree(bin, request, -1);
  }
  return bins.length;
}

function adjustFree(free: Instance['free'], request: Capacity, sign: 1 | -1): void {
  free.cpuUnits += sign * request.cpuUnits;
  free.memoryMib += sign * request.memoryMib;
  free.gpuCount += sign * request.gpuCount;
  free.interfaces += sign;
}
