import type { Context } from 'aws-lambda';
import { ClusterCatalog } from '#adapters/aws/capacity/cluster-catalog.ts';
import { createSweepEcsClient, createSweepEfsClient } from '#adapters/aws/clients.ts';
import { createSweepEc2Client } from '#adapters/aws/ec2/clients.ts';
import { Ec2HostFleet } from '#adapters/aws/ec2/host-fleet.ts';
import { type Ec2Client, Ec2Instances } from '#adapters/aws/ec2/instances.ts';
import { createBatchingEcsClient } from '#adapters/aws/ecs/batching-client.ts';
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
import type { RouteKey } from '#contract/audited-routes.ts';
import { DEPLOYED, type EventPattern, type FunctionName } from '#contract/deployed-functions.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { SizeCatalog } from '#core/ports/capacity-catalog.ts';
import type { FreeCapacityStore, InstanceFreeCapacity } from '#core/ports/free-capacity-store.ts';
import type { GateProbe } from '#core/ports/gate-probe.ts';
import type { ShareLinkStore } from '#core/ports/share-link-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { sweepQuotas } from '#core/reconcile/sweep-quotas.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { buildCreateWorkbench as buildCreate } from '#functions/api/create-workbench.ts';
import { buildCancelDrain, buildDrainMachine } from '#functions/api/machines.ts';
import { buildAcceptOwner, buildChangeOwner, buildWithdrawOffer } from '#functions/api/owner.ts';
import { buildReportActivity as buildReport } from '#functions/api/report-activity.ts';
import {
  buildCreateShareLink as buildCreateLink,
  buildDeleteShareLink as buildDeleteLink,
  buildListShareLinks as buildListLinks,
  buildRedeemShareLink as buildRedeemLink,
} from '#functions/api/share-links.ts';
import { buildDeleteShare, buildListShares, buildSetShare } from '#functions/api/shares.ts';
import {
  buildDeleteWorkbench as buildDelete,
  buildExtendWorkbench as buildExtend,
  buildRestartWorkbench as buildRestart,
  buildRestoreWorkbench as buildRestore,
  buildStartWorkbench as buildStart,
  buildStopWorkbench as buildStop,
  buildUpdateWorkbench as buildUpdate,
} from '#functions/api/workbench-commands.ts';
import {
  buildGetWorkbench as buildGet,
  buildListWorkbenches as buildList,
} from '#functions/api/workbenches.ts';
import { build as buildDrive } from '#functions/drive/drive-batch.ts';
import {
  deletionOnly,
  unavailableHostFleet,
  unavailableInstances,
  withoutDeletion,
} from '#functions/drive/unavailable-ports.ts';
import { build as buildContainerInstanceEvent } from '#functions/events/container-instance-change.ts';
import { build as buildInstanceInterrupted } from '#functions/events/instance-interrupted.ts';
import { build as buildInstanceEvent } from '#functions/events/instance-state-change.ts';
import { build as buildTaskEvent } from '#functions/events/task-state-change.ts';
import type { ApiHandler } from '#functions/middleware/gateway.ts';
import {
  buildSweepActive as buildActive,
  buildSweepDue as buildDue,
  buildSweepTasksAndHosts,
} from '#functions/schedules/sweeps.ts';
import { type Call, gatewayEvent, settingsWith } from '#test/functions/call-api.ts';
import { MemoryFreeCapacityStore } from '../../memory/memory-free-capacity-store.ts';
import { MemoryStartRateStore } from '../../memory/memory-start-rate-store.ts';
import { MemoryStartTimesStore } from '../../memory/memory-start-times-store.ts';
import { MemoryReportStore, memoryStores } from '../../memory/memory-stores.ts';
import {
  type Invocation,
  type Invocations,
  interceptClient,
  interceptPort,
  replaceMethods,
} from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';
import type { ReceivedMessage } from '../world/sqs-model.ts';
import type { World, WorldEvent } from '../world/world.ts';
import {
  EFS_SETTINGS,
  FILES_PRICE,
  HOST_SETTINGS,
  INSTALLATION,
  SIZES,
  TASK_SETTINGS,
} from '../world/world-fixture.ts';
import { historyOf, type MixedFleet, type Version } from './mixed-fleet.ts';
import type { ApiCall } from './rights-checks.ts';

/** The timeout of a function as deployed, in milliseconds. */
function timeoutMsOf(name: FunctionName): number {
  return DEPLOYED[name].timeoutSeconds * 1000;
}

/** The maximum difference between the clock of a function and the actual time, in milliseconds. */
export const FUNCTION_SKEW_MAX_MS = 2000;

/** The grace period of orphans, in milliseconds. */
const ORPHAN_GRACE_MS = 15 * 60_000;

/** The probability that a list or index misses an entry. */
const STALE_LIST_PROBABILITY = 0.1;
/** The maximum time in which an index may miss a new workbench, in milliseconds. */
const INDEX_PROPAGATION_MAX_MS = 10 * 60_000;
/** The probability of such a miss per read. */
const STALE_INDEX_PROBABILITY = 0.3;

/** The probability that a list of free capacity is stale. */
const STALE_CAPACITY_PROBABILITY = 0.2;

/** The settings by the environment that differs from the default. Reading them takes milliseconds, and they never change. */
const SETTINGS = new Map<string, Settings>();

function settingsOf(environment: Readonly<Record<string, string>> = {}): Settings {
  const name = JSON.stringify(environment);
  const settings =
    SETTINGS.get(name) ??
    settingsWith({ WB_ORPHAN_GRACE_SECONDS: String(ORPHAN_GRACE_MS / 1000), ...environment });
  SETTINGS.set(name, settings);
  return settings;
}

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

const EVENT_HANDLERS = {
  'task-state-change': buildTaskEvent,
  'container-instance-change': buildContainerInstanceEvent,
  'instance-state-change': buildInstanceEvent,
  'instance-interrupted': buildInstanceInterrupted,
};
export type EventHandlerName = keyof typeof EVENT_HANDLERS;

/**
 * The functions whose rules match the event. EventBridge delivers it to each of them separately.
 * @throws Error if there is none
 */
export function eventHandlersFor(event: WorldEvent): readonly EventHandlerName[] {
  const names = (Object.keys(EVENT_HANDLERS) as EventHandlerName[]).filter((name) => {
    const patterns: readonly EventPattern[] = DEPLOYED[name].startedBy.events;
    return patterns.some(
      ({ source, detailType, detail = {} }) =>
        source === event.source &&
        detailType === event['detail-type'] &&
        Object.entries(detail).every(([field, values]) =>
          values.includes((event.detail as Record<string, string>)[field] ?? ''),
        ),
    );
  });
  if (names.length === 0) throw new Error(`no function handles the event ${event['detail-type']}`);
  return names;
}

const OPERATIONS = {
  create: ['create-workbench', buildCreate, 'POST /workbenches'],
  read: ['get-workbench', buildGet, 'GET /workbenches/{wid}'],
  list: ['list-workbenches', buildList, 'GET /workbenches'],
  start: ['start-workbench', buildStart, 'POST /workbenches/{wid}/start'],
  stop: ['stop-workbench', buildStop, 'POST /workbenches/{wid}/stop'],
  restart: ['restart-workbench', buildRestart, 'POST /workbenches/{wid}/restart'],
  delete: ['delete-workbench', buildDelete, 'DELETE /workbenches/{wid}'],
  restore: ['restore-workbench', buildRestore, 'POST /workbenches/{wid}/restore'],
  rename: ['update-workbench', buildUpdate, 'PATCH /workbenches/{wid}'],
  extend: ['extend-workbench', buildExtend, 'POST /workbenches/{wid}/extend'],
  report: ['report-activity', buildReport, 'POST /workbenches/{wid}/activity'],
  drain: ['drain-machine', buildDrainMachine, 'POST /machines/{machine_id}/drain'],
  undrain: ['cancel-drain', buildCancelDrain, 'DELETE /machines/{machine_id}/drain'],
  changeOwner: ['change-owner', buildChangeOwner, 'POST /workbenches/{wid}/owner'],
  acceptOwner: ['accept-owner', buildAcceptOwner, 'POST /workbenches/{wid}/owner/accept'],
  withdrawOffer: ['withdraw-offer', buildWithdrawOffer, 'DELETE /workbenches/{wid}/owner'],
  listShares: ['list-shares', buildListShares, 'GET /workbenches/{wid}/shares'],
  setShare: ['set-share', buildSetShare, 'PUT /workbenches/{wid}/shares/{grantee}'],
  deleteShare: ['delete-share', buildDeleteShare, 'DELETE /workbenches/{wid}/shares/{grantee}'],
  createLink: ['create-share-link', buildCreateLink, 'POST /workbenches/{wid}/share-links'],
  listLinks: ['list-share-links', buildListLinks, 'GET /workbenches/{wid}/share-links'],
  deleteLink: ['delete-share-link', buildDeleteLink, 'DELETE /workbenches/{wid}/share-links/{link_id}'],
  redeemLink: ['redeem-share-link', buildRedeemLink, 'POST /share-links/redeem'],
} as const satisfies Readonly<Record<string, readonly [FunctionName, unknown, RouteKey]>>;
export type Operation = keyof typeof OPERATIONS;

export interface ApiResponse {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: clients read bodies of every shape
  readonly body: any;
  /** The header `Retry-After`. */
  readonly retryAfterSeconds?: number;
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

/** No gate can be asked. */
const UNASKED_GATE: GateProbe = { probe: async () => ({ kind: 'unsupported' }) };

const WORK_QUEUE = 'https://sqs.example/work';
const HOST_QUEUE = 'https://sqs.example/host';
const DELETE_QUEUE = 'https://sqs.example/delete';

interface Clients {
  readonly ecs: EcsClient;
  /** Absent in `drive`, whose bundle has no EC2 client. */
  readonly ec2?: Ec2Client;
  readonly efs: EfsClient;
  readonly sqs: SqsClient;
}

export interface ControllerOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  readonly world: World;
  readonly invocations: Invocations;
  /** Chooses the version of the code that an invocation runs. */
  readonly fleet: MixedFleet;
  /** The sizes in the settings. @default those of the world fixture */
  readonly sizes?: SizeCatalog;
  /** Settings of the functions that differ from their default. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long a deleted workbench can be restored, milliseconds. Less than the settings allow. @default 0, not at all */
  readonly deletedKeptMs?: number;
  /** How long a workbench may be stopped before it is deleted, milliseconds. Less than the settings allow. @default 0, without end */
  readonly retentionMs?: number;
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

export interface RightsHooks {
  /** @param requestId the id of the request, or the name of another invocation */
  readonly wrapShares: (inner: ShareStore, requestId: string) => ShareStore;
  readonly wrapLinks: (inner: ShareLinkStore, requestId: string) => ShareLinkStore;
  readonly wrapAudit: (inner: AuditStore) => AuditStore;
  /** Called when the function for a request is invoked. */
  readonly onBegun: (requestId: string) => void;
  /** Called when a function has reported that an audit event could not be stored. */
  readonly onLostEvent: (requestId: string) => void;
  /** Called with each response, before its caller continues. */
  readonly onResponse: (apiCall: ApiCall) => void;
}

/** The deployed functions. The ports of each invocation pass through its faults. */
export class Controller {
  readonly stores = memoryStores();
  readonly reports = new MemoryReportStore();
  readonly #options: ControllerOptions;
  /** The records as the functions of the present version and of the newer one read and write them. */
  readonly #workbenches: Readonly<Record<Version, WorkbenchStore>>;
  readonly #settings: Settings;
  readonly #freeCapacity = new MemoryFreeCapacityStore();
  readonly #startRates = new MemoryStartRateStore();
  readonly #startTimes = new MemoryStartTimesStore();
  #lastListed: readonly InstanceFreeCapacity[] = NONEXISTENT_CAPACITY;
  readonly #ids = { count: 0 };
  /** When a workbench was created. The clock of its id may have been wrong. */
  readonly #createdAt = new Map<string, number>();
  /** The last move of each workbench. */
  readonly #moves = new Map<string, { readonly at: number; readonly from: string; readonly to: string }>();
  #hazardsDisabled = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#settings = {
      ...settingsOf(options.environment),
      WB_DELETE_AFTER_HOURS: (options.deletedKeptMs ?? 0) / 3_600_000,
      WB_RETENTION_DAYS: (options.retentionMs ?? 0) / 86_400_000,
    };
    const { present, newer } = options.fleet.storesOf(this.stores.workbenches, this.stores.history);
    this.#workbenches = {
      present: this.#eventuallyConsistentStore(options.wrapStore(present)),
      newer: this.#eventuallyConsistentStore(options.wrapStore(newer)),
    };
  }

  disableHazards(): void {
    this.#hazardsDisabled = true;
  }

  /** Sends a request through API Gateway. Returns 503 if the function does not return in time. */
  async request(operation: Operation, call: Call): Promise<ApiResponse> {
    const { kernel, rights } = this.#options;
    const [name, build, route] = OPERATIONS[operation];
    const sentAt = kernel.now();
    const apiCall = await this.#invoke(name, timeoutMsOf(name), async (invocation) => {
      const requestId = invocation.name;
      rights?.onBegun(requestId);
      const handler = build(this.#ports(invocation), this.#settings) as ApiHandler;
      const event = gatewayEvent({ ...call, route, requestId });
      const { statusCode, headers, body } = await handler(event, {} as Context);
      const retryAfter = headers['retry-after'];
      const response = {
        status: statusCode,
        // 204 has none.
        body: statusCode === 204 ? {} : JSON.parse(body),
        ...(retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) }),
      };
      return { requestId, operation, call, sentAt, response };
    });
    if (apiCall === undefined) return { status: 503, body: { message: 'Service Unavailable' } };
    rights?.onResponse(apiCall);
    return apiCall.response;
  }

  /** Invokes `drive` with a batch. Returns the messages that succeeded; undefined if the function was killed. */
  async drive(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[] | undefined> {
    return this.#invoke('drive', timeoutMsOf('drive'), async (invocation) => {
      const client = this.#client(invocation);
      const ecs = createBatchingEcsClient(client, this.#options.kernel);
      const ports = this.#portsWith(invocation, { ecs, efs: client, sqs: client });
      const volumes = withoutDeletion(ports.volumes);
      const forwardTo = {
        host: new SqsWorkQueue(client, HOST_QUEUE),
        delete: new SqsWorkQueue(client, DELETE_QUEUE),
      };
      return handleBatch(buildDrive({ ...ports, volumes, forwardTo }, this.#settings), messages);
    });
  }

  /** Invokes `drive-host`, which drives workbenches with a host. Returns as `drive`. */
  async driveHost(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[] | undefined> {
    return this.#invoke('drive-host', timeoutMsOf('drive-host'), async (invocation) => {
      const client = this.#client(invocation);
      const ecs = createBatchingEcsClient(client, this.#options.kernel);
      const ports = this.#portsWith(invocation, { ecs, ec2: client, efs: client, sqs: client });
      const queue = new SqsWorkQueue(client, HOST_QUEUE);
      const volumes = withoutDeletion(ports.volumes);
      const forwardTo = { delete: new SqsWorkQueue(client, DELETE_QUEUE) };
      return handleBatch(buildDrive({ ...ports, queue, volumes, forwardTo }, this.#settings), messages);
    });
  }

  /** Invokes `drive-delete`, which deletes the files of workbenches. Returns as `drive`. */
  async driveDelete(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[] | undefined> {
    return this.#invoke('drive-delete', timeoutMsOf('drive-delete'), async (invocation) => {
      const client = this.#client(invocation);
      const queue = new SqsWorkQueue(client, DELETE_QUEUE);
      const { volumes, ...ports } = this.#ports(invocation);
      const forwardTo = {
        work: new SqsWorkQueue(client, WORK_QUEUE),
        host: new SqsWorkQueue(client, HOST_QUEUE),
      };
      const handler = buildDrive({ ...ports, ...deletionOnly(volumes), queue, forwardTo }, this.#settings);
      return handleBatch(handler, messages);
    });
  }

  /** Invokes the function for an event. Returns whether it succeeded. */
  async handleEvent(name: EventHandlerName, event: WorldEvent): Promise<boolean> {
    const build = EVENT_HANDLERS[name];
    const succeeded = await this.#invoke(name, timeoutMsOf(name), async (invocation) => {
      await build(this.#ports(invocation), this.#settings)(event);
      return true;
    });
    return succeeded === true;
  }

  /** Runs the sweep of due records. Scheduled each minute. */
  async sweepDue(): Promise<void> {
    await this.#invoke('sweep-due', timeoutMsOf('sweep-due'), (invocation) =>
      buildDue(this.#ports(invocation))(),
    );
  }

  /** Runs the sweeps of active records, of tasks and hosts, and of the whole cluster. Scheduled every ten minutes. */
  async sweepAll(): Promise<void> {
    await this.#invoke('sweep-active', timeoutMsOf('sweep-active'), (invocation) =>
      buildActive(this.#sweepPorts(invocation), this.#settings)(),
    );
    await this.#invoke('sweep-tasks-and-hosts', timeoutMsOf('sweep-tasks-and-hosts'), (invocation) =>
      buildSweepTasksAndHosts(this.#orphanSweepPorts(invocation), this.#settings)(),
    );
    await this.#invoke('sweep-cluster', timeoutMsOf('sweep-cluster'), (invocation) =>
      sweepCluster(this.#orphanSweepPorts(invocation), { graceMs: ORPHAN_GRACE_MS, shard: 0, shards: 1 }),
    );
  }

  /** Runs the sweep of volumes. Deployed daily. */
  async sweepVolumes(graceMs: number): Promise<void> {
    await this.#invoke('sweep-volumes', timeoutMsOf('sweep-volumes'), (invocation) =>
      sweepVolumes(this.#orphanSweepPorts(invocation), {
        graceMs,
        policy: policyOf(this.#settings),
        gibMonthPrice: FILES_PRICE,
        shard: 0,
        shards: 1,
      }),
    );
  }

  /** Runs the sweep of quotas. Scheduled every hour. */
  async sweepQuotas(): Promise<void> {
    await this.#invoke('sweep-quotas', timeoutMsOf('sweep-quotas'), (invocation) =>
      sweepQuotas(this.#ports(invocation)),
    );
  }

  async #invoke<T>(
    name: FunctionName,
    timeoutMs: number,
    run: (invocation: Invocation) => Promise<T>,
  ): Promise<T | undefined> {
    const { kernel, invocations, onError, world } = this.#options;
    if (!world.account.canInvoke()) return undefined;
    const invocation = invocations.start(name);
    const cancel = kernel.after(timeoutMs, () => invocation.kill());
    const returned = run(invocation).catch((error: unknown) => {
      if (isProgrammingError(error)) onError?.(`${invocation.name} failed with a programming error`, error);
      return undefined;
    });
    const result = await Promise.race([returned, invocation.ended.then(() => undefined)]);
    cancel();
    return result;
  }

  #client(invocation: Invocation) {
    return interceptClient((command) => this.#options.world.handle(command as never), invocation);
  }

  #ports(invocation: Invocation) {
    const client = this.#client(invocation);
    return this.#portsWith(invocation, { ecs: client, ec2: client, efs: client, sqs: client });
  }

  /**
   * Ports of the sweeps that delete orphans. Their clock does not step: a clock that is ahead shortens grace periods, which
   * protect what an index does not show yet (docs/decisions/0019-waits-continue-after-a-step-of-the-clock.md).
   */
  #orphanSweepPorts(invocation: Invocation) {
    const { kernel } = this.#options;
    const clock = { now: () => kernel.now(), elapsed: () => kernel.elapsed() };
    return { ...this.#sweepPorts(invocation), clock };
  }

  /** Ports with paced clients, as the sweeps have them. */
  #sweepPorts(invocation: Invocation) {
    const { kernel } = this.#options;
    const client = this.#client(invocation);
    const ecs = createSweepEcsClient(client, kernel);
    const ec2 = createSweepEc2Client(client, kernel);
    const efs = createSweepEfsClient(client, kernel);
    const version = this.#options.fleet.drawVersion();
    const definitions = new TaskDefinitions(ecs, SETTINGS_OF[version]);
    const instances = new ContainerInstances(ecs, TASK_SETTINGS.cluster);
    return {
      ...this.#portsWith(invocation, { ecs, ec2, efs, sqs: client }, version),
      cleanup: new EcsClusterCleanup(definitions, instances, new Ec2Instances(ec2, INSTALLATION)),
    };
  }

  #portsWith(
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
    const shares = rights?.wrapShares(this.stores.shares, invocation.name) ?? this.stores.shares;
    const links = rights?.wrapLinks(this.stores.links, invocation.name) ?? this.stores.links;
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
      history: interceptPort(historyOf(version, this.stores.history), 'history', invocation),
      usage: interceptPort(this.stores.usage, 'usage', invocation),
      idempotency: interceptPort(this.stores.idempotency, 'idempotency', invocation),
      activity: interceptPort(this.stores.activity, 'activity', invocation),
      audit: interceptPort(rights?.wrapAudit(this.stores.audit) ?? this.stores.audit, 'audit', invocation),
      shares: interceptPort(shares, 'shares', invocation),
      links: interceptPort(links, 'links', invocation),
      quotas: interceptPort(this.stores.quotas, 'quotas', invocation),
      startRates: interceptPort(this.#startRates, 'startRates', invocation),
      startTimes: interceptPort(this.#startTimes, 'startTimes', invocation),
      reports: interceptPort(this.reports, 'reports', invocation),
      queue: new SqsWorkQueue(sqs, WORK_QUEUE),
      tasks: new EcsTaskRunner(
        ecs,
        SETTINGS_OF[version],
        ec2 === undefined ? unavailableInstances : new Ec2Instances(ec2, INSTALLATION),
        clock,
      ),
      instanceTasks,
      machines: new EcsMachineInventory(new ContainerInstances(ecs, TASK_SETTINGS.cluster), instanceTasks),
      drains: interceptPort(this.stores.drains, 'drains', invocation),
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

  /** Lists and indexes are eventually consistent: they may miss an entry. */
  #eventuallyConsistentStore(inner: WorkbenchStore): WorkbenchStore {
    const { kernel, tape } = this.#options;
    const moves = this.#moves;
    const isListed = () => this.#hazardsDisabled || !tape.chance(STALE_LIST_PROBABILITY);
    const isIndexed = (workbenchId: string) => {
      const age = kernel.now() - (this.#createdAt.get(workbenchId) ?? 0);
      return (
        this.#hazardsDisabled || age >= INDEX_PROPAGATION_MAX_MS || !tape.chance(STALE_INDEX_PROBABILITY)
      );
    };
    /** An index may have the key from before a move. */
    const asIndexed = (key: WorkbenchKey): WorkbenchKey => {
      const move = moves.get(key.workbenchId);
      const isStale =
        move !== undefined &&
        !this.#hazardsDisabled &&
        kernel.now() - move.at < INDEX_PROPAGATION_MAX_MS &&
        tape.chance(STALE_INDEX_PROBABILITY);
      return isStale ? { ...key, userId: move.from } : key;
    };
    return replaceMethods(inner, {
      move: async (workbench, from, revision, closed) => {
        const moved = await inner.move(workbench, from, revision, closed);
        const { userId: to, workbenchId } = workbench;
        if (moved === 'moved') moves.set(workbenchId, { at: kernel.now(), from, to });
        return moved;
      },
      findMoved: async (workbenchId) => {
        const userId = moves.get(workbenchId)?.to;
        return userId === undefined ? undefined : { userId, workbenchId };
      },
      listDue: async (now, limit) => (await inner.listDue(now, limit)).filter(isListed).map(asIndexed),
      listDueAfter: async (after, limit) =>
        (await inner.listDueAfter(after, limit)).filter(isListed).map(asIndexed),
      listActive: async (cursor) => {
        const page = await inner.listActive(cursor);
        return { ...page, keys: page.keys.filter(isListed).map(asIndexed) };
      },
      findByInstanceId: async (instanceId) => (isListed() ? inner.findByInstanceId(instanceId) : undefined),
      findByWorkbenchId: async (workbenchId) => {
        const key = await inner.findByWorkbenchId(workbenchId);
        return isIndexed(workbenchId) ? key && asIndexed(key) : undefined;
      },
    });
  }
}

/** Returns the messages of a batch that succeeded. */
async function handleBatch(
  handler: ReturnType<typeof buildDrive>,
  messages: readonly ReceivedMessage[],
): Promise<readonly ReceivedMessage[]> {
  const { batchItemFailures } = await handler({ Records: messages });
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return messages.filter(({ messageId }) => !failed.has(messageId));
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

/** Crockford's base 32, in lower case. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

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
