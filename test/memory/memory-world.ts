import { ClusterCatalog, createSettingsCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
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
import { ManualClock } from './manual-clock.ts';
import { MemoryFreeCapacityStore } from './memory-free-capacity-store.ts';
import { MemoryGateProbe } from './memory-gate-probe.ts';
import { MemoryHostFleet } from './memory-host-fleet.ts';
import { MemoryMachineInventory } from './memory-machine-inventory.ts';
import { MemoryRunLogReader } from './memory-run-log-reader.ts';
import { MemoryStartRateStore } from './memory-start-rate-store.ts';
import { MemoryStartTimesStore } from './memory-start-times-store.ts';
import { MemoryReportStore, memoryStores } from './memory-stores.ts';
import { MemorySweepStarter } from './memory-sweep-starter.ts';
import { MemoryTaskRunner, type MemoryTaskRunnerOptions } from './memory-task-runner.ts';
import { MemoryVolumeStore } from './memory-volume-store.ts';
import { MemoryWorkQueue } from './memory-work-queue.ts';

export const PROVIDERS: readonly CapacityProvider[] = [
  {
    name: 'small',
    cpuUnits: 2048,
    memoryMib: 4096,
    gpuCount: 0,
    interfaces: 20,
    untrunkedInterfaces: 3,
    price: 0.1,
  },
  { name: 'large', cpuUnits: 8192, memoryMib: 32_768, gpuCount: 1, interfaces: 2, price: 0.8 },
];
export const INSTANCE_TYPES: readonly DedicatedInstanceType[] = [
  { name: 'm7i.large', cpuUnits: 2048, memoryMib: 8192, gpuCount: 0 },
];

/** Most tests let days pass in which no workbench is used. */
const WITHOUT_IDLE_STOP = { idleStopMinutes: 0, idleStopGpuMinutes: 0 };

/** A Telemetry that records log lines and metrics for tests. */
export class RecordingTelemetry implements Telemetry {
  readonly lines: { readonly level: string; readonly message: string }[] = [];
  /** Message → the fields of its last log line. */
  readonly fields = new Map<string, TelemetryFields>();
  /** Metric → total. */
  readonly counts = new Map<string, number>();
  /** Metric and dimension values, for example `repair.run_ended` → total. */
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
  /** Whether changes of tasks and hosts cause events. Without events only polling finds them. @default true */
  readonly events?: boolean;
}

/** All ports of the core in memory, with one clock and the loops that local mode and Lambda run. */
export class MemoryWorld {
  readonly clock = new ManualClock();
  readonly stores = memoryStores();
  readonly queue = new MemoryWorkQueue(this.clock);
  readonly telemetry = new RecordingTelemetry();
  readonly policy: Policy;
  readonly tasks: MemoryTaskRunner;
  readonly gate = new MemoryGateProbe();
  readonly hosts: MemoryHostFleet;
  readonly volumes = new MemoryVolumeStore({ clock: this.clock });
  readonly freeCapacity = new MemoryFreeCapacityStore();
  readonly catalog = new ClusterCatalog({
    sizes: createSettingsCatalog({ providers: PROVIDERS, instanceTypes: INSTANCE_TYPES }),
    freeCapacity: this.freeCapacity,
    clock: this.clock,
    telemetry: this.telemetry,
  });
  readonly machines = new MemoryMachineInventory();
  readonly logs = new MemoryRunLogReader();
  readonly reports = new MemoryReportStore();
  readonly sweeps = new MemorySweepStarter();
  readonly startRates = new MemoryStartRateStore();
  readonly startTimes = new MemoryStartTimesStore();
  readonly #pendingEvents: (() => Promise<unknown>)[] = [];
  #ids = 0;

  constructor(options: MemoryWorldOptions = {}) {
    this.policy = { ...DEFAULT_POLICY, ...WITHOUT_IDLE_STOP, ...options.policy };
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

  /** All ports, under the names that use cases expect. */
  get ports() {
    const {
      clock,
      queue,
      telemetry,
      tasks,
      gate,
      hosts,
      machines,
      volumes,
      catalog,
      freeCapacity,
      ids,
      logs,
      reports,
      sweeps,
      startRates,
      startTimes,
    } = this;
    return {
      ...this.stores,
      clock,
      queue,
      telemetry,
      tasks,
      gate,
      hosts,
      machines,
      volumes,
      catalog,
      freeCapacity,
      ids,
      logs,
      reports,
      sweeps,
      startRates,
      startTimes,
    };
  }

  /** Publishes a task event. `deliver` delivers it. */
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
    if (!workbench) throw new Error(`workbench ${key.workbenchId} has no record`);
    return workbench;
  }

  async drive(key: WorkbenchKey): Promise<void> {
    await drive(this.ports, this.policy, key);
  }

  /**
   * Delivers all events and due messages, including those that follow from them.
   * @throws the first programming error, for which the queue would only redeliver the message
   */
  async deliver(): Promise<void> {
    const programmingErrors: unknown[] = [];
    do {
      for (let deliver = this.#pendingEvents.shift(); deliver; deliver = this.#pendingEvents.shift())
        await deliver();
      await this.queue.deliverDue(async (key) => {
        try {
          await this.drive(key);
        } catch (error) {
          if (!(error instanceof PortError || error instanceof WorkbenchError)) programmingErrors.push(error);
          throw error;
        }
      });
    } while (this.#pendingEvents.length > 0);
    if (programmingErrors.length > 0) throw programmingErrors[0];
  }

  /** Advances the time in steps of one second with a delivery after each, and a sweep of due records each minute. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.elapsed() + ms;
    await this.deliver();
    while (this.clock.elapsed() < end) {
      await this.clock.advanceAsync(Math.min(1000, end - this.clock.elapsed()));
      if (this.clock.elapsed() % 60_000 < 1000) await sweepDue(this.ports, { limit: 100, farAhead: true });
      await this.deliver();
    }
  }

  /**
   * Advances the time until the predicate holds.
   * @throws Error after `withinMs` milliseconds of simulated time
   */
  async waitUntil(
    key: WorkbenchKey,
    predicate: (workbench: Workbench | undefined) => boolean,
    withinMs = 3_600_000,
  ): Promise<void> {
    const end = this.clock.elapsed() + withinMs;
    await this.deliver();
    for (;;) {
      const workbench = await this.stores.workbenches.read(key);
      if (predicate(workbench)) return;
      if (this.clock.elapsed() >= end) {
        throw new Error(
          `the condition did not hold within ${withinMs} ms. Record: ${JSON.stringify(workbench, undefined, 1)}`,
        );
      }
      await this.advance(1000);
    }
  }

  async waitForStatus(key: WorkbenchKey, status: Workbench['status'], withinMs?: number): Promise<Workbench> {
    await this.waitUntil(key, (workbench) => workbench?.status === status, withinMs);
    return this.read(key);
  }

  async waitUntilGone(key: WorkbenchKey, withinMs?: number): Promise<void> {
    await this.waitUntil(key, (workbench) => workbench === undefined, withinMs);
  }

  /** The due time of the workbench; undefined if it is settled. */
  async dueAt(key: WorkbenchKey): Promise<number | undefined> {
    return dueAt(await this.read(key));
  }

  /** The tasks of the workbench that have not stopped. */
  async liveTasks(workbenchId: string): Promise<readonly TaskObservation[]> {
    const { tasks } = await this.tasks.list();
    return tasks.filter((task) => task.workbenchId === workbenchId);
  }
}
