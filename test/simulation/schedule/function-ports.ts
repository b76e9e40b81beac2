import { ClusterCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { createSweepEcsClient, createSweepEfsClient } from '#adapters/aws/clients.ts';
import { createSweepEc2Client } from '#adapters/aws/ec2/clients.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { type Ec2Client, Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { EcsClusterCleanup } from '#adapters/aws/ecs/cluster-cleanup.ts';
import { ContainerInstances } from '#adapters/aws/ecs/container-instances.ts';
import { InstanceTasks } from '#adapters/aws/ecs/instance-tasks.ts';
import { EcsMachineInventory } from '#adapters/aws/ecs/machine-inventory.ts';
import type { TaskSettings } from '#adapters/aws/ecs/settings.ts';
import { type EcsClient, TaskDefinitions } from '#adapters/aws/ecs/task-definitions.ts';
import { EcsTaskRunner } from '#adapters/aws/ecs/task-runner.ts';
import type { Janitor } from '#adapters/aws/efs/janitor.ts';
import { type EfsClient, EfsVolumeStore } from '#adapters/aws/efs/volume-store.ts';
import { callAws } from '#adapters/aws/errors.ts';
import { type SqsClient, SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { FreeCapacityStore, InstanceFreeCapacity } from '#core/ports/free-capacity-store.ts';
import type { GateProbe } from '#core/ports/gate-probe.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { unavailableHostFleet, unavailableInstances } from '#functions/drive/unavailable-ports.ts';
import { MemoryFreeCapacityStore } from '../../memory/memory-free-capacity-store.ts';
import { MemoryStartRateStore } from '../../memory/memory-start-rate-store.ts';
import { MemoryStartTimesStore } from '../../memory/memory-start-times-store.ts';
import type { MemoryReportStore, memoryStores } from '../../memory/memory-stores.ts';
import { type Invocation, interceptClient, interceptPort } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { World } from '../world/world.ts';
import { EFS_SETTINGS, HOST_SETTINGS, INSTALLATION, SIZES, TASK_SETTINGS } from '../world/world-fixture.ts';
import { eventuallyConsistentStore } from './eventually-consistent-store.ts';
import { historyOf, type MixedFleet, type Version } from './mixed-fleet.ts';
import type { RightsHooks } from './rights-hooks.ts';

/** Crockford's base 32, in lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The maximum difference between the clock of a function and the actual time, in milliseconds. */
export const FUNCTION_SKEW_MAX_MS = 2000;

/** The probability that a list of free capacity is stale. */
const STALE_CAPACITY_PROBABILITY = 0.2;

/** The newer version is deployed with other settings, so that its task definitions differ. */
const SETTINGS_OF: Readonly<Record<Version, TaskSettings>> = {
  present: TASK_SETTINGS,
  newer: { ...TASK_SETTINGS, bootCommand: 'start-newer-workbench' },
};

/** The first stale list: a container instance that does not exist. */
const NONEXISTENT_CAPACITY: readonly InstanceFreeCapacity[] = [
  {
    containerInstanceId: 'none',
    provider: 'small',
    cpuUnits: 4096,
    memoryMib: 15_500,
    gpuCount: 0,
    interfaces: 3,
    version: 1,
    at: 0,
  },
];

/** No gate can be asked. */
const UNASKED_GATE: GateProbe = { probe: async () => ({ kind: 'unsupported' }) };

export const WORK_QUEUE = 'https://sqs.example/work';

interface Clients {
  readonly ecs: EcsClient;
  /** Absent in `drive`, whose bundle has no EC2 client. */
  readonly ec2?: Ec2Client;
  readonly efs: EfsClient;
  readonly sqs: SqsClient;
}

export interface FunctionPortsOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly world: World;
  /** Chooses the version of the code that an invocation runs. */
  readonly fleet: MixedFleet;
  readonly stores: ReturnType<typeof memoryStores>;
  readonly reports: MemoryReportStore;
  /** The sizes in the settings. @default those of the world fixture */
  readonly sizes?: SizeCatalog;
  /** Returns the gate that the starts of an invocation ask. @default none can be asked */
  readonly gateFor?: (invocation: Invocation) => GateProbe;
  /** Called before the free capacity of an instance is stored. */
  readonly onFreeCapacity: (saved: InstanceFreeCapacity) => void;
  /** Wraps the store, to check each write before its caller continues. */
  readonly wrapStore: (inner: WorkbenchStore) => WorkbenchStore;
  /** Checks the rights of callers and the audit. */
  readonly rights?: RightsHooks;
  /** Called for programming errors, for example a TypeError, which no fault of the simulation causes. */
  readonly onError?: (message: string, error: unknown) => void;
}

/** Creates the ports of invocations: adapters over the simulated world and stores, each call with the faults of its invocation. */
export class FunctionPorts {
  readonly #options: FunctionPortsOptions;
  /** The records as the functions of the present version and of the newer one read and write them. */
  readonly #workbenches: Readonly<Record<Version, WorkbenchStore>>;
  readonly #freeCapacity = new MemoryFreeCapacityStore();
  readonly #startRates = new MemoryStartRateStore();
  readonly #startTimes = new MemoryStartTimesStore();
  readonly #ids = { count: 0 };
  readonly #createdAt = new Map<string, number>();
  #lastListed: readonly InstanceFreeCapacity[] = NONEXISTENT_CAPACITY;
  #hazardsDisabled = false;

  constructor(options: FunctionPortsOptions) {
    const { kernel, tape, fleet, stores, wrapStore } = options;
    this.#options = options;
    const { present, newer } = fleet.storesOf(stores.workbenches, stores.history);
    const consistency = {
      ...{ kernel, tape, createdAt: this.#createdAt, moves: new Map() },
      isConsistent: () => this.#hazardsDisabled,
    };
    this.#workbenches = {
      present: eventuallyConsistentStore(wrapStore(present), consistency),
      newer: eventuallyConsistentStore(wrapStore(newer), consistency),
    };
  }

  disableHazards(): void {
    this.#hazardsDisabled = true;
  }

  client(invocation: Invocation) {
    return interceptClient((command) => this.#options.world.handle(command as never), invocation);
  }

  all(invocation: Invocation) {
    const client = this.client(invocation);
    return this.withClients(invocation, { ecs: client, ec2: client, efs: client, sqs: client });
  }

  /**
   * Ports of the sweeps that delete orphans. Their clock does not step: a clock that is ahead shortens grace periods, which
   * protect what an index does not show yet (docs/decisions/0019-waits-continue-after-a-step-of-the-clock.md).
   */
  forOrphanSweep(invocation: Invocation) {
    const { kernel } = this.#options;
    const clock = { now: () => kernel.now(), elapsed: () => kernel.elapsed() };
    return { ...this.forSweep(invocation), clock };
  }

  /** Ports with paced clients, as the sweeps have them. */
  forSweep(invocation: Invocation) {
    const { kernel } = this.#options;
    const client = this.client(invocation);
    const ecs = createSweepEcsClient(client, kernel);
    const ec2 = createSweepEc2Client(client, kernel);
    const efs = createSweepEfsClient(client, kernel);
    const version = this.#options.fleet.drawVersion();
    const definitions = new TaskDefinitions(ecs, SETTINGS_OF[version]);
    const instances = new ContainerInstances(ecs, TASK_SETTINGS.cluster);
    return {
      ...this.withClients(invocation, { ecs, ec2, efs, sqs: client }, version),
      cleanup: new EcsClusterCleanup(definitions, instances, new Ec2Instances(ec2, INSTALLATION)),
    };
  }

  withClients(
    invocation: Invocation,
    { ecs, ec2, efs, sqs }: Clients,
    version = this.#options.fleet.drawVersion(),
  ) {
    const { kernel, tape, world, sizes = SIZES } = this.#options;
    const skew = this.#hazardsDisabled
      ? 0
      : tape.intBetween(0, FUNCTION_SKEW_MAX_MS) - (tape.chance(0.5) ? FUNCTION_SKEW_MAX_MS : 0);
    const clock = { now: () => world.functionClock.now(skew), elapsed: () => kernel.elapsed() };
    const { onError, rights } = this.#options;
    const shares =
      rights?.wrapShares(this.#options.stores.shares, invocation.name) ?? this.#options.stores.shares;
    const links =
      rights?.wrapLinks(this.#options.stores.links, invocation.name) ?? this.#options.stores.links;
    const telemetry: Telemetry = {
      info: () => {},
      warn: () => {},
      error: (message, fields, cause) => {
        if (isProgrammingError(cause))
          onError?.(
            `${invocation.name} logged a programming error: ${message} ${JSON.stringify(fields)}`,
            cause,
          );
      },
      count: (...[metric]) => {
        if (metric === 'audit_events_lost') rights?.onLostEvent(invocation.name);
      },
    };
    const instanceTasks = new InstanceTasks(ecs, TASK_SETTINGS.cluster, TASK_SETTINGS.port);
    const freeCapacity = interceptPort(this.#staleFreeCapacity(), 'freeCapacity', invocation);
    return {
      workbenches: interceptPort(this.#workbenches[version], 'workbenches', invocation),
      history: interceptPort(historyOf(version, this.#options.stores.history), 'history', invocation),
      usage: interceptPort(this.#options.stores.usage, 'usage', invocation),
      idempotency: interceptPort(this.#options.stores.idempotency, 'idempotency', invocation),
      activity: interceptPort(this.#options.stores.activity, 'activity', invocation),
      audit: interceptPort(
        rights?.wrapAudit(this.#options.stores.audit) ?? this.#options.stores.audit,
        'audit',
        invocation,
      ),
      shares: interceptPort(shares, 'shares', invocation),
      links: interceptPort(links, 'links', invocation),
      quotas: interceptPort(this.#options.stores.quotas, 'quotas', invocation),
      startRates: interceptPort(this.#startRates, 'startRates', invocation),
      startTimes: interceptPort(this.#startTimes, 'startTimes', invocation),
      reports: interceptPort(this.#options.reports, 'reports', invocation),
      queue: new SqsWorkQueue(sqs, WORK_QUEUE),
      tasks: new EcsTaskRunner(
        ecs,
        SETTINGS_OF[version],
        ec2 === undefined ? unavailableInstances : new Ec2Instances(ec2, INSTALLATION),
        clock,
      ),
      instanceTasks,
      machines: new EcsMachineInventory(new ContainerInstances(ecs, TASK_SETTINGS.cluster), instanceTasks),
      drains: interceptPort(this.#options.stores.drains, 'drains', invocation),
      hosts:
        ec2 === undefined
          ? unavailableHostFleet
          : new Ec2HostFleet(ec2, new ContainerInstances(ecs, HOST_SETTINGS.cluster), HOST_SETTINGS, clock),
      volumes: new EfsVolumeStore(
        efs,
        interceptPort(authorizedJanitor(world), 'janitor', invocation),
        EFS_SETTINGS,
        clock,
      ),
      gate: this.#options.gateFor?.(invocation) ?? UNASKED_GATE,
      freeCapacity,
      catalog: new ClusterCatalog({ sizes, freeCapacity, clock, telemetry }),
      clock,
      telemetry,
      ids: {
        workbenchId: (now: number) => {
          const workbenchId = workbenchIdAt(now, ++this.#ids.count);
          this.#createdAt.set(workbenchId, kernel.now());
          return workbenchId;
        },
        // The form of the ids of links, which have the same source.
        runId: () => `r${String(++this.#ids.count).padStart(15, '0')}`,
      },
    };
  }

  /** Free capacity is a hint: a list may be stale, or name a container instance that does not exist. */
  #staleFreeCapacity(): FreeCapacityStore {
    const freeCapacity = this.#freeCapacity;
    return {
      save: (report) => {
        this.#options.onFreeCapacity(report);
        return freeCapacity.save(report);
      },
      remove: (report) => freeCapacity.remove(report),
      list: async (now) => {
        if (!this.#hazardsDisabled && this.#options.tape.chance(STALE_CAPACITY_PROBABILITY))
          return this.#lastListed;
        const listed = await freeCapacity.list(now);
        if (listed.length > 0) this.#lastListed = listed;
        return listed;
      },
    };
  }
}

/** The janitor, which the functions invoke. Without permission for it the outcome of a call is unknown to them. */
function authorizedJanitor({ account, janitor }: World): Janitor {
  return new Proxy(janitor, {
    get: (target, method) => {
      const value = Reflect.get(target, method, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        await callAws('lambda', 'Invoke', async () => account.authorize('Invoke'));
        return value.apply(target, args);
      };
    },
  });
}

/** Whether an error is a bug of the product. Injected faults cause PortErrors and SDK errors instead. */
export function isProgrammingError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError ||
    error instanceof ReferenceError
  );
}

/** A workbench id in the form of a ULID: the time, then a counter instead of random digits. */
function workbenchIdAt(now: number, count: number): string {
  let remainder = BigInt(now);
  let time = '';
  for (let digit = 0; digit < 10; digit += 1) {
    time = ALPHABET.charAt(Number(remainder % 32n)) + time;
    remainder /= 32n;
  }
  return time + String(count).padStart(16, '0');
}
