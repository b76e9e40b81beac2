import { canHold } from '#core/placement/capacity.ts';
import type { Capacity, CapacityProvider } from '#core/ports/capacity-catalog.ts';
import type { Timeline } from './timeline.ts';

/** Seconds. */
const MINUTE_SECONDS = 60;
/** From the launch of a machine until its agent takes tasks. */
const BOOT_SECONDS = 90;
/** Scale-in comes after 15 one-minute datapoints. */
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
  free: { cpuUnits: number; memoryMib: number; gpuCount: number };
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

/** What ECS tells of a machine when it changes. */
export interface InstanceEvent {
  readonly instanceId: string;
  readonly version: number;
  readonly provider: string;
  readonly free: Capacity;
  readonly gone: boolean;
}

/** What has been paid for and used, each as an integral over time. */
export interface Bill {
  /** USD. */
  cost: number;
  /** Hours in which workbenches ran. */
  workbenchHours: number;
  /** Unit hours that were paid for, and those that workbenches had. */
  paid: { cpu: number; memory: number };
  used: { cpu: number; memory: number };
  started: number;
  /** Starts that waited for a new machine. */
  waited: number;
}

/**
 * Capacity providers with managed scaling, as ECS has them: a task goes to the fullest machine of its provider
 * that has room (binpack by memory) or waits; each minute machines are launched for those that wait, two at least
 * where there are none; a machine without a task for 15 minutes is terminated; machines are paid by the second.
 */
export class Cluster {
  readonly #timeline: Timeline;
  readonly #groups = new Map<string, Group>();
  readonly #onChange: (event: InstanceEvent) => void;
  #launches = 0;
  /** What runs now, and since when nothing has changed. */
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
      throw new RangeError(`${provider} cannot hold it`);
    const task = { request, durationSeconds, requestedAt: this.#timeline.now };
    const machine = findFullestInstance(group, request);
    if (machine !== undefined) this.#place(task, machine);
    else group.waiting.push(task);
  }

  /** Each minute. */
  evaluate(): void {
    const { now } = this.#timeline;
    for (const group of this.#groups.values()) {
      for (const machine of group.instances) {
        if (machine.tasks === 0 && now - machine.idleSince >= IDLE_SECONDS_MAX) this.#terminate(machine);
      }
      if (group.waiting.length === 0) continue;
      const bins = countInstancesNeeded(group);
      const wanted = group.instances.size + group.launching === 0 ? Math.max(2, bins) : bins;
      for (let n = group.launching; n < wanted; n += 1) this.#launch(group);
    }
  }

  /** What runs is counted, and what is there paid, up to now. */
  close(): void {
    this.#count({ cpuUnits: 0, memoryMib: 0, gpuCount: 0 }, 0);
    for (const { instances: machines } of this.#groups.values())
      for (const machine of machines) this.#terminate(machine);
  }

  #launch(group: Group): void {
    const launchedAt = this.#timeline.now;
    group.launching += 1;
    this.#launches += 1;
    const id = `instance-${this.#launches}`;
    this.#timeline.after(BOOT_SECONDS, () => {
      group.launching -= 1;
      const { cpuUnits, memoryMib, gpuCount } = group.provider;
      const machine: Instance = {
        id,
        group,
        launchedAt,
        free: { cpuUnits, memoryMib, gpuCount },
        tasks: 0,
        idleSince: this.#timeline.now,
        version: 0,
      };
      group.instances.add(machine);
      this.#emitChange(machine);
      for (const task of [...group.waiting]) {
        if (!canHold(machine.free, task.request)) continue;
        group.waiting.splice(group.waiting.indexOf(task), 1);
        this.#place(task, machine);
      }
    });
  }

  #place(task: Task, machine: Instance): void {
    const { bill } = this;
    bill.started += 1;
    if (this.#timeline.now > task.requestedAt) bill.waited += 1;
    machine.tasks += 1;
    adjustFree(machine.free, task.request, -1);
    this.#emitChange(machine);
    this.#count(task.request, 1);
    this.#timeline.after(task.durationSeconds, () => {
      this.#count(task.request, -1);
      machine.tasks -= 1;
      adjustFree(machine.free, task.request, 1);
      if (machine.tasks === 0) machine.idleSince = this.#timeline.now;
      this.#emitChange(machine);
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

  #terminate(machine: Instance): void {
    const { bill } = this;
    const { price, cpuUnits, memoryMib } = machine.group.provider;
    const hours = (this.#timeline.now - machine.launchedAt) / 3600;
    machine.group.instances.delete(machine);
    bill.cost += hours * price;
    bill.paid.cpu += hours * cpuUnits;
    bill.paid.memory += hours * memoryMib;
    this.#emitChange(machine, true);
  }

  #emitChange(machine: Instance, gone = false): void {
    machine.version += 1;
    this.#onChange({
      instanceId: machine.id,
      version: machine.version,
      provider: machine.group.provider.name,
      free: { ...machine.free },
      gone,
    });
  }
}

function findFullestInstance({ instances: machines }: Group, request: Capacity): Instance | undefined {
  let best: Instance | undefined;
  for (const machine of machines) {
    if (!canHold(machine.free, request)) continue;
    if (best === undefined || machine.free.memoryMib < best.free.memoryMib) best = machine;
  }
  return best;
}

/** How many empty machines hold all that wait, first fit. */
function countInstancesNeeded({ provider, waiting }: Group): number {
  const bins: Instance['free'][] = [];
  for (const { request } of waiting) {
    let bin = bins.find((candidate) => canHold(candidate, request));
    if (bin === undefined) {
      const { cpuUnits, memoryMib, gpuCount } = provider;
      bin = { cpuUnits, memoryMib, gpuCount };
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
}
