import { ClusterCatalog, settingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { WorkbenchError } from '#core/errors.ts';
import type { CapacityProvider, DedicatedInstanceType } from '#core/ports/capacity-catalog.ts';
import type { HostObservation } from '#core/ports/host-fleet.ts';
import { PortError } from '#core/ports/port-error.ts';
import type { TaskObservation } from '#core/ports/task-runner.ts';
import type { Telemetry, TelemetryFields } from '#core/ports/telemetry.ts';
import { sweepDue } from '#core/reconcile/sweep-due.ts';
import { createWorkbench } from '#core/workbench/create-workbench.ts';
import { drive } from '#core/workbench/drive.ts';
import { DEFAULT_POLICY, type Policy } from '#core/workbench/lifecycle/policy.ts';
import { observeHost, observeTask } from '#core/workbench/observe.ts';
import type { CreateRequest } from '#core/workbench/request-fields.ts';
import { dueAt, type Workbench, type WorkbenchKey } from '#core/workbench/workbench.ts';
import { MemoryFreeCapacityStore } from '../simulation/memory-free-capacity-store.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryHostFleet } from './memory-host-fleet.ts';
import { MemoryReportStore, memoryStores } from './memory-stores.ts';
import { MemoryTaskRunner, type MemoryTaskRunnerOptions } from './memory-task-runner.ts';
import { MemoryVolumeStore } from './memory-volume-store.ts';
import { MemoryWorkQueue } from './memory-work-queue.ts';

export const PROVIDERS: readonly CapacityProvider[] = [
  { name: 'small', cpuUnits: 2048, memoryMib: 4096, gpuCount: 0, price: 0.1 },
  { name: 'large', cpuUnits: 8192, memoryMib: 32_768, gpuCount: 1, price: 0.8 },
];
export const INSTANCE_TYPES: readonly DedicatedInstanceType[] = [
  { name: 'm7i.large', cpuUnits: 2048, memoryMib: 8192, gpuCount: 0 },
];

/** What was told to operators, kept for a test to read. */
export class RecordingTelemetry implements Telemetry {
  readonly lines: { readonly level: string; readonly message: string }[] = [];
  /** What each line had beside its message, by message; of several the last. */
  readonly fields = new Map<string, TelemetryFields>();
  readonly counts = new Map<string, number>();
  /** By the metric and the values of its dimensions: `repair.run_ended`. */
  readonly countsBy = new Map<string, number>();

  info(message: string, fields?: TelemetryFields): void {
    this.#record('info', message, fields);
  }
  warn(message: string, fields?: TelemetryFields): void {
    this.#record('warn', message, fields);
  }
  error(message: string, fields?: TelemetryFields): void {
    this.#record('error', message, fields);
  }
  count(metric: string, value: number, dimensions: Readonly<Record<string, string>> = {}): void {
    const name = [metric, ...Object.values(dimensions)].join('.');
    this.counts.set(metric, (this.counts.get(metric) ?? 0) + value);
    this.countsBy.set(name, (this.countsBy.get(name) ?? 0) + value);
  }

  #record(level: string, message: string, fields: TelemetryFields = {}): void {
    this.lines.push({ level, message });
    this.fields.set(message, fields);
  }
}

export interface MemoryWorldOptions {
  readonly policy?: Partial<Policy>;
  readonly tasks?: Omit<MemoryTaskRunnerOptions, 'timers' | 'onChange'>;
  /** Whether changes of tasks and hosts are told by events; without, only looking finds them. @default true */
  readonly events?: boolean;
}

/** Everything the core needs, in memory and by one clock, with the loops that local mode and Lambda run. */
export class MemoryWorld {
  readonly clock = new ManualClock();
  readonly stores = memoryStores();
  readonly queue = new MemoryWorkQueue(this.clock);
  readonly telemetry = new RecordingTelemetry();
  readonly policy: Policy;
  readonly tasks: MemoryTaskRunner;
  readonly hosts: MemoryHostFleet;
  readonly volumes = new MemoryVolumeStore({ clock: this.clock });
  readonly freeCapacity = new MemoryFreeCapacityStore();
  readonly catalog = new ClusterCatalog({
    sizes: settingsCatalog({ providers: PROVIDERS, instanceTypes: INSTANCE_TYPES }),
    freeCapacity: this.freeCapacity,
    clock: this.clock,
    telemetry: this.telemetry,
  });
  readonly reports = new MemoryReportStore();
  readonly #pendingEvents: (() => Promise<unknown>)[] = [];
  #ids = 0;

  constructor(options: MemoryWorldOptions = {}) {
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    const events = options.events ?? true;
    this.tasks = new MemoryTaskRunner({
      ...options.tasks,
      timers: this.clock,
      onChange: (task) => events && this.publishTaskEvent(task),
    });
    this.hosts = new MemoryHostFleet({
      timers: this.clock,
      onChange: (host) => events && this.#publishHostEvent(host),
    });
  }

  readonly ids = {
    workbenchId: (now: number) => `${now.toString(36)}w${String(++this.#ids).padStart(6, '0')}`,
    runId: () => `run${String(++this.#ids).padStart(6, '0')}`,
  };

  /** All ports under the names that use cases know them by. */
  get ports() {
    const { clock, queue, telemetry, tasks, hosts, volumes, catalog, freeCapacity, ids, reports } = this;
    return {
      ...this.stores,
      clock,
      queue,
      telemetry,
      tasks,
      hosts,
      volumes,
      catalog,
      freeCapacity,
      ids,
      reports,
    };
  }

  /** An event of a task is on its way. */
  publishTaskEvent(task: TaskObservation): void {
    this.#pendingEvents.push(() => observeTask(this.ports, this.policy, task, task));
  }

  #publishHostEvent(host: HostObservation): void {
    this.#pendingEvents.push(async () => {
      const key = await this.stores.workbenches.findByInstanceId(host.instanceId);
      if (key) await observeHost(this.ports, this.policy, key, host);
    });
  }

  async create(request: Partial<CreateRequest> = {}, userId = 'ada'): Promise<Workbench> {
    const { workbench } = await createWorkbench(this.ports, this.policy, {
      userId,
      request: { cpuUnits: 1024, memoryMib: 2048, gpuCount: 0, ...request },
      bodyHash: 'none',
      by: userId,
    });
    return workbench;
  }

  async read(key: WorkbenchKey): Promise<Workbench> {
    const workbench = await this.stores.workbenches.read(key);
    if (!workbench) throw new Error(`${key.workbenchId} is gone`);
    return workbench;
  }

  async drive(key: WorkbenchKey): Promise<void> {
    await drive(this.ports, this.policy, key);
  }

  /**
   * Delivers what is due now: events and messages, until nothing is.
   * @throws a fault of the program in what they set off, which the queue would only deliver again and again
   */
  async deliver(): Promise<void> {
    const faults: unknown[] = [];
    do {
      for (let tell = this.#pendingEvents.shift(); tell; tell = this.#pendingEvents.shift()) await tell();
      await this.queue.deliverDue(async (key) => {
        try {
          await this.drive(key);
        } catch (error) {
          if (!(error instanceof PortError || error instanceof WorkbenchError)) faults.push(error);
          throw error;
        }
      });
    } while (this.#pendingEvents.length > 0);
    if (faults.length > 0) throw faults[0];
  }

  /** Lets time pass in steps of a second, delivering after each; a pass of the reconciler each minute. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.deliver();
    while (this.clock.now() < end) {
      await this.clock.advanceAsync(Math.min(1000, end - this.clock.now()));
      if (this.clock.now() % 60_000 < 1000) await sweepDue(this.ports, { limit: 100 });
      await this.deliver();
    }
  }

  /** Lets time pass until the workbench is as wished; throws after `within` milliseconds of the world's time. */
  async waitUntil(
    key: WorkbenchKey,
    wish: (workbench: Workbench | undefined) => boolean,
    within = 3_600_000,
  ): Promise<void> {
    const end = this.clock.now() + within;
    await this.deliver();
    for (;;) {
      const workbench = await this.stores.workbenches.read(key);
      if (wish(workbench)) return;
      if (this.clock.now() >= end) {
        throw new Error(`not as wished within ${within} ms: ${JSON.stringify(workbench, undefined, 1)}`);
      }
      await this.advance(1000);
    }
  }

  async waitForStatus(key: WorkbenchKey, status: Workbench['status'], within?: number): Promise<Workbench> {
    await this.waitUntil(key, (workbench) => workbench?.status === status, within);
    return this.read(key);
  }

  async waitUntilGone(key: WorkbenchKey, within?: number): Promise<void> {
    await this.waitUntil(key, (workbench) => workbench === undefined, within);
  }

  /** When somebody should next look at it. */
  async dueAt(key: WorkbenchKey): Promise<number | undefined> {
    return dueAt(await this.read(key));
  }

  /** Its tasks that have not stopped. */
  async liveTasks(workbenchId: string): Promise<readonly TaskObservation[]> {
    const { tasks } = await this.tasks.list();
    return tasks.filter((task) => task.workbenchId === workbenchId);
  }
}
