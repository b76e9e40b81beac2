import { estimateCost, type HourlyRates } from '../cost/rates.ts';
import { WorkbenchError } from '../errors.ts';
import { assertFits, findMisfit } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import type { Ids } from '../ports/ids.ts';
import { PortError } from '../ports/port-error.ts';
import type { StartRateStore } from '../ports/start-rate-store.ts';
import { IDEMPOTENCY_RETENTION_MS, type IdempotencyStore } from '../ports/workbench-store.ts';
import { type Held, heldWith } from '../quotas/held.ts';
import { holdQuota, settleQuota } from '../quotas/hold-quota.ts';
import { previewHold, type QuotaUse } from '../quotas/read-use.ts';
import { requestedHost } from './lifecycle/host.ts';
import type { Policy } from './lifecycle/policy.ts';
import { toNextStop } from './lifecycle/schedule.ts';
import { type CreateRequest, specOf } from './request-fields.ts';
import { type QueuePorts, type RecordPorts, scheduleDrive } from './update-record.ts';
import { countStart, NO_START_LIMIT, type StartLimit } from './user-limits.ts';
import {
  isDeleted,
  keyOf,
  runOf,
  SCHEMA_VERSION,
  type Starting,
  type Workbench,
  type WorkbenchKey,
} from './workbench.ts';

export interface CreatePorts extends RecordPorts, QueuePorts {
  readonly idempotency: IdempotencyStore;
  readonly startRates: StartRateStore;
  readonly catalog: SizeCatalog;
  readonly ids: Ids;
}

export interface CreateCommand {
  readonly userId: string;
  readonly request: CreateRequest;
  /** The `Idempotency-Key` header, 1-128 visible ASCII characters: a retry with it returns the first workbench. */
  readonly idempotencyKey?: string;
  /** Digest of the request's body. */
  readonly bodyHash: string;
  readonly by: string;
  /** The groups that the caller proves of the user. Undefined: none is proved. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * A request that has been frozen for longer than this since it began writes no record: its client has already received a
 * response, and the claim that it read is stale. Milliseconds; API Gateway ends a request after 30 s.
 */
const CREATE_TIME_LIMIT_MS = 30_000;

export interface CreateResult {
  readonly workbench: Workbench;
  /** False if it is the workbench of an earlier request with the same key. */
  readonly created: boolean;
}

/**
 * Creates a workbench with the desired state `running`. Writes only the record, by one conditional write (two more for
 * an idempotency key); `drive` does the rest. A quota of the user adds a write of the ledger, and a limit of starts the write of
 * their number.
 * @throws WorkbenchError `cannot_fit`, `quota_exceeded`, `idempotency_conflict`, `workbench_deleted`, `too_many_requests`,
 *   `unavailable`
 */
export async function createWorkbench(
  ports: CreatePorts,
  policy: Policy,
  command: CreateCommand,
  limits: StartLimit = NO_START_LIMIT,
): Promise<CreateResult> {
  const { userId, request, idempotencyKey } = command;
  const now = ports.clock.now();
  const workbenchId = ports.ids.workbenchId(now);
  if (idempotencyKey !== undefined)
    return createWithIdempotencyKey(ports, policy, command, limits, idempotencyKey, workbenchId, now);
  await assertFits(request, ports.catalog);
  await countStart(ports, limits, userId);
  await holdFirst(ports, policy, command, workbenchId);
  const workbench = newWorkbench(command, workbenchId, ports.ids.runId(), policy, now);
  if (!(await createOrGiveBack(ports, workbench))) {
    throw new WorkbenchError('unavailable', 'The workbench could not be created. Try again.', {
      detail: `workbench id ${workbenchId} already exists`,
    });
  }
  await scheduleDrive(ports, workbench);
  return { workbench, created: true };
}

export interface CreatePreview {
  readonly use: QuotaUse;
  readonly held: Held;
  /** Undefined: the price is unknown. */
  readonly rates: HourlyRates | undefined;
}

/**
 * Checks a create request as `createWorkbench` does, but writes nothing, and counts no start.
 * @throws WorkbenchError `cannot_fit`, `quota_exceeded`, `unavailable`
 */
export async function previewCreate(
  ports: Pick<CreatePorts, 'catalog' | 'quotas' | 'usage' | 'workbenches' | 'clock'>,
  policy: Policy,
  { userId, groups, request }: Pick<CreateCommand, 'userId' | 'groups' | 'request'>,
): Promise<CreatePreview> {
  await assertFits(request, ports.catalog);
  const spec = specOf(request);
  const held = heldWith(spec, true);
  const use = await previewHold(ports, policy.quotas, { userId, groups }, held);
  return { use, held, rates: await estimateCost(spec, ports.catalog) };
}

async function createWithIdempotencyKey(
  ports: CreatePorts,
  policy: Policy,
  command: CreateCommand,
  limits: StartLimit,
  key: string,
  newId: string,
  now: number,
): Promise<CreateResult> {
  const { userId, request, bodyHash } = command;
  const misfit = await findMisfit(request, ports.catalog);
  // A request that does not fit must not use up its key: its claim expires at once and only finds an earlier claim.
  const expiresAt = misfit === undefined ? now + IDEMPOTENCY_RETENTION_MS : now;
  const { claim, claimed } = await ports.idempotency.claim(
    { userId, key, workbenchId: newId, bodyHash, expiresAt },
    now,
  );
  if (claim.bodyHash !== bodyHash) {
    throw new WorkbenchError(
      'idempotency_conflict',
      'This Idempotency-Key was used with another body. Use a new key for a new workbench.',
    );
  }
  const { workbenchId } = claim;
  if (claim.state === 'done') return readExisting(ports, { userId, workbenchId });
  if (misfit !== undefined) throw misfit;
  if (!claimed) {
    // An earlier request with this key may have written the record, which must be counted neither as a start nor as another
    // workbench.
    const existing = await ports.workbenches.read({ userId, workbenchId });
    if (existing !== undefined) return createdBefore(existing);
  }
  await countStart(ports, limits, userId);
  await holdFirst(ports, policy, command, workbenchId);
  if (ports.clock.now() - now > CREATE_TIME_LIMIT_MS) {
    // In this time another request with this key may have created the workbench and a user may have deleted it.
    throw new WorkbenchError('unavailable', 'The request took too long. Try again.', { reason: 'stalled' });
  }
  // The claim was open: its first request may still be executing, or may have failed before it wrote the record. If another
  // request has created the workbench since, which may have been deleted or have another owner by now, the claim may be
  // done: then the store writes no second record with this id.
  const workbench = newWorkbench(command, workbenchId, ports.ids.runId(), policy, now, key);
  if (!(await createRecord(ports, workbench, key))) {
    const existing = await ports.workbenches.read({ userId, workbenchId });
    if (existing !== undefined) return createdBefore(existing);
    await settleQuota(ports, { userId, workbenchId, revision: workbench.revision, held: undefined });
    throw workbenchDeleted();
  }
  await ports.idempotency.complete(userId, key, workbenchId, workbench.run.runId);
  await scheduleDrive(ports, workbench);
  return { workbench, created: true };
}

/** Adds to the ledger what the workbench will hold. Its id is the same for all requests with one idempotency key. */
async function holdFirst(
  ports: CreatePorts,
  policy: Policy,
  { userId, groups, request }: CreateCommand,
  workbenchId: string,
): Promise<void> {
  const held = heldWith(specOf(request), true);
  await holdQuota(ports, policy.quotas, { user: { userId, groups }, workbenchId, revision: 1, held });
}

/**
 * Creates a record whose id no other request has. If the store refused the write, so that it had no effect, gives back what was
 * added to the ledger.
 */
async function createOrGiveBack(ports: CreatePorts, workbench: Starting): Promise<boolean> {
  try {
    return await createRecord(ports, workbench);
  } catch (error) {
    if (error instanceof PortError && error.kind !== 'unavailable') {
      const { userId, workbenchId, revision } = workbench;
      await settleQuota(ports, { userId, workbenchId, revision, held: undefined });
    }
    throw error;
  }
}

/** A write that was retried after a lost response finds its own record; the run id distinguishes it from another's. */
async function createRecord(
  ports: CreatePorts,
  workbench: Starting,
  idempotencyKey?: string,
): Promise<boolean> {
  if ((await ports.workbenches.create(workbench, idempotencyKey)) === 'created') return true;
  const found = await ports.workbenches.read(keyOf(workbench));
  return found !== undefined && runOf(found)?.runId === workbench.run.runId;
}

async function readExisting(ports: CreatePorts, key: WorkbenchKey): Promise<CreateResult> {
  const workbench = await ports.workbenches.read(key);
  if (workbench === undefined) throw workbenchDeleted();
  return createdBefore(workbench);
}

/** The result of a request whose workbench an earlier one with its key has created. */
function createdBefore(workbench: Workbench): CreateResult {
  if (isDeleted(workbench)) throw workbenchDeleted();
  return { workbench, created: false };
}

function workbenchDeleted(): WorkbenchError {
  return new WorkbenchError(
    'workbench_deleted',
    'The workbench created with this Idempotency-Key has been deleted or has another owner. Use a new key for a new workbench.',
  );
}

function newWorkbench(
  { userId, request, by }: CreateCommand,
  workbenchId: string,
  runId: string,
  policy: Policy,
  now: number,
  idempotencyKey?: string,
): Starting {
  const { name, labels = {}, stopAt, schedule } = request;
  const spec = specOf(request);
  const starting: Starting = {
    schemaVersion: SCHEMA_VERSION,
    userId,
    workbenchId,
    name: name ?? `wb-${workbenchId}`,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    spec,
    ...(spec.dedicatedInstanceType ? { host: requestedHost(spec.dedicatedInstanceType, 1) } : {}),
    unexpectedTasks: [],
    status: 'starting',
    desired: 'running',
    run: { phase: 'preparing', runId, attempt: 1 },
    createdAt: now,
    startedAt: now,
    updatedAt: now,
    deadlineAt: now + policy.startingTimeoutMs,
    nextDriveAt: now,
    failures: 0,
    revision: 1,
    historySeq: 1,
    ...(stopAt === undefined ? {} : { plannedStopAt: stopAt }),
    ...(schedule === undefined ? {} : { schedule }),
    outbox: [{ seq: 1, at: now, type: 'created', by, to: 'starting' }],
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  return toNextStop(starting, now);
}
