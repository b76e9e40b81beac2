import type { Context } from 'aws-lambda';
import { createBatchingEcsClient } from '#adapters/aws/ecs/batching-client.ts';
import { SqsWorkQueue } from '#adapters/aws/sqs/work-queue.ts';
import type { RouteKey } from '#contract/audited-routes.ts';
import { DEPLOYED, type EventPattern, type FunctionName } from '#contract/deployed-functions.ts';
import type { Settings } from '#contract/settings/function-settings.ts';
import { policyOf } from '#contract/settings/policy.ts';
import { sweepCluster } from '#core/reconcile/sweep-cluster.ts';
import { sweepQuotas } from '#core/reconcile/sweep-quotas.ts';
import { sweepVolumes } from '#core/reconcile/sweep-volumes.ts';
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
import { deletionOnly, withoutDeletion } from '#functions/drive/unavailable-ports.ts';
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
import { MemoryReportStore, memoryStores } from '../../memory/memory-stores.ts';
import type { Invocation, Invocations } from '../invocation.ts';
import type { ReceivedMessage } from '../world/sqs-model.ts';
import type { WorldEvent } from '../world/world.ts';
import { FILES_PRICE } from '../world/world-fixture.ts';
import {
  FunctionPorts,
  type FunctionPortsOptions,
  isProgrammingError,
  WORK_QUEUE,
} from './function-ports.ts';

/** The timeout of a function as deployed, in milliseconds. */
function timeoutMsOf(name: FunctionName): number {
  return DEPLOYED[name].timeoutSeconds * 1000;
}

/** The grace period of orphans, in milliseconds. */
const ORPHAN_GRACE_MS = 15 * 60_000;

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

const HOST_QUEUE = 'https://sqs.example/host';
const DELETE_QUEUE = 'https://sqs.example/delete';

export interface ControllerOptions extends Omit<FunctionPortsOptions, 'stores' | 'reports'> {
  readonly invocations: Invocations;
  /** Settings of the functions that differ from their default. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long a deleted workbench can be restored, milliseconds. Less than the settings allow. @default 0, not at all */
  readonly deletedKeptMs?: number;
  /** How long a workbench may be stopped before it is deleted, milliseconds. Less than the settings allow. @default 0, without end */
  readonly retentionMs?: number;
}

/** The deployed functions. The ports of each invocation pass through its faults. */
export class Controller {
  readonly stores = memoryStores();
  readonly reports = new MemoryReportStore();
  readonly #options: ControllerOptions;
  readonly #ports: FunctionPorts;
  readonly #settings: Settings;
  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#settings = {
      ...settingsOf(options.environment),
      WB_DELETE_AFTER_HOURS: (options.deletedKeptMs ?? 0) / 3_600_000,
      WB_RETENTION_DAYS: (options.retentionMs ?? 0) / 86_400_000,
    };
    this.#ports = new FunctionPorts({ ...options, stores: this.stores, reports: this.reports });
  }

  disableHazards(): void {
    this.#ports.disableHazards();
  }

  /** Sends a request through API Gateway. Returns 503 if the function does not return in time. */
  async request(operation: Operation, call: Call): Promise<ApiResponse> {
    const { kernel, rights } = this.#options;
    const [name, build, route] = OPERATIONS[operation];
    const sentAt = kernel.now();
    const apiCall = await this.#invoke(name, timeoutMsOf(name), async (invocation) => {
      const requestId = invocation.name;
      rights?.onBegun(requestId);
      const handler = build(this.#ports.all(invocation), this.#settings) as ApiHandler;
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
      const client = this.#ports.client(invocation);
      const ecs = createBatchingEcsClient(client, this.#options.kernel);
      const ports = this.#ports.withClients(invocation, { ecs, efs: client, sqs: client });
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
      const client = this.#ports.client(invocation);
      const ecs = createBatchingEcsClient(client, this.#options.kernel);
      const ports = this.#ports.withClients(invocation, { ecs, ec2: client, efs: client, sqs: client });
      const queue = new SqsWorkQueue(client, HOST_QUEUE);
      const volumes = withoutDeletion(ports.volumes);
      const forwardTo = { delete: new SqsWorkQueue(client, DELETE_QUEUE) };
      return handleBatch(buildDrive({ ...ports, queue, volumes, forwardTo }, this.#settings), messages);
    });
  }

  /** Invokes `drive-delete`, which deletes the files of workbenches. Returns as `drive`. */
  async driveDelete(messages: readonly ReceivedMessage[]): Promise<readonly ReceivedMessage[] | undefined> {
    return this.#invoke('drive-delete', timeoutMsOf('drive-delete'), async (invocation) => {
      const client = this.#ports.client(invocation);
      const queue = new SqsWorkQueue(client, DELETE_QUEUE);
      const { volumes, ...ports } = this.#ports.all(invocation);
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
      await build(this.#ports.all(invocation), this.#settings)(event);
      return true;
    });
    return succeeded === true;
  }

  /** Runs the sweep of due records. Scheduled each minute. */
  async sweepDue(): Promise<void> {
    await this.#invoke('sweep-due', timeoutMsOf('sweep-due'), (invocation) =>
      buildDue(this.#ports.all(invocation))(),
    );
  }

  /** Runs the sweeps of active records, of tasks and hosts, and of the whole cluster. Scheduled every ten minutes. */
  async sweepAll(): Promise<void> {
    await this.#invoke('sweep-active', timeoutMsOf('sweep-active'), (invocation) =>
      buildActive(this.#ports.forSweep(invocation), this.#settings)(),
    );
    await this.#invoke('sweep-tasks-and-hosts', timeoutMsOf('sweep-tasks-and-hosts'), (invocation) =>
      buildSweepTasksAndHosts(this.#ports.forOrphanSweep(invocation), this.#settings)(),
    );
    await this.#invoke('sweep-cluster', timeoutMsOf('sweep-cluster'), (invocation) =>
      sweepCluster(this.#ports.forOrphanSweep(invocation), { graceMs: ORPHAN_GRACE_MS, shard: 0, shards: 1 }),
    );
  }

  /** Runs the sweep of volumes. Deployed daily. */
  async sweepVolumes(graceMs: number): Promise<void> {
    await this.#invoke('sweep-volumes', timeoutMsOf('sweep-volumes'), (invocation) =>
      sweepVolumes(this.#ports.forOrphanSweep(invocation), {
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
      sweepQuotas(this.#ports.all(invocation)),
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
