import { WorkbenchError } from '../errors.ts';
import { assertFits, findMisfit } from '../placement/choose-placement.ts';
import type { SizeCatalog } from '../ports/capacity-catalog.ts';
import type { Ids } from '../ports/ids.ts';
import { IDEMPOTENCY_RETENTION_MS, type IdempotencyStore } from '../ports/workbench-store.ts';
import { requestedHost } from './lifecycle/host.ts';
import type { Policy } from './lifecycle/policy.ts';
import { type QueuePorts, type RecordPorts, scheduleDrive, submitRequest } from './update-record.ts';
import {
  keyOf,
  runOf,
  SCHEMA_VERSION,
  type Starting,
  type Workbench,
  type WorkbenchKey,
  type WorkbenchSpec,
} from './workbench.ts';

export interface CreatePorts extends RecordPorts, QueuePorts {
  readonly idempotency: IdempotencyStore;
  readonly catalog: SizeCatalog;
  readonly ids: Ids;
}

export interface CreateRequest extends WorkbenchSpec {
  /** 1-128 characters. @default `wb-<id>` */
  readonly name?: string;
}

export interface CreateCommand {
  readonly userId: string;
  readonly request: CreateRequest;
  /** The user's own key, 1-128 visible ASCII characters: a retry with it returns the first workbench. */
  readonly idempotencyKey?: string;
  /** Digest of the request's body. */
  readonly bodyHash: string;
  readonly by: string;
}

/**
 * A request that has stalled for longer than this after its claim writes no record any more: nobody waits for
 * its answer, and what it knows of the claim is old. Milliseconds; the gateway gives a request 30 s.
 */
const CREATE_TIME_LIMIT_MS = 30_000;

export interface CreateResult {
  readonly workbench: Workbench;
  /** False when it is the workbench of an earlier request with the same key. */
  readonly created: boolean;
}

/**
 * Creates a workbench that is wanted running. Only its intent is written, by one conditional write (two more
 * for an idempotency key); whoever drives does the rest.
 * @throws WorkbenchError `cannot_fit`, `idempotency_conflict`, `workbench_deleted`, `unavailable`
 */
export async function createWorkbench(
  ports: CreatePorts,
  policy: Policy,
  creation: CreateCommand,
): Promise<CreateResult> {
  const { request, idempotencyKey } = creation;
  const now = ports.clock.now();
  const workbenchId = ports.ids.workbenchId(now);
  if (idempotencyKey !== undefined)
    return createWithIdempotencyKey(ports, policy, creation, idempotencyKey, workbenchId, now);
  await assertFits(request, ports.catalog);
  const workbench = newWorkbench(creation, workbenchId, ports.ids.runId(), policy, now);
  if (!(await createRecord(ports, workbench))) {
    throw new WorkbenchError('unavailable', 'Try again.', { detail: `workbench id ${workbenchId} is taken` });
  }
  await scheduleDrive(ports, workbench);
  return { workbench, created: true };
}

async function createWithIdempotencyKey(
  ports: CreatePorts,
  policy: Policy,
  creation: CreateCommand,
  key: string,
  newId: string,
  now: number,
): Promise<CreateResult> {
  const { userId, bodyHash } = creation;
  const unfit = await findMisfit(creation.request, ports.catalog);
  // What nothing can hold must not use up its key: its claim ends as it is made, and only finds an earlier one.
  const expiresAt = unfit === undefined ? now + IDEMPOTENCY_RETENTION_MS : now;
  const { claim } = await ports.idempotency.claim(
    { userId, key, workbenchId: newId, bodyHash, expiresAt },
    now,
  );
  if (claim.bodyHash !== bodyHash) {
    throw new WorkbenchError('idempotency_conflict', 'This Idempotency-Key was used with another body.');
  }
  const { workbenchId } = claim;
  if (claim.state === 'done') return readExisting(ports, { userId, workbenchId });
  if (unfit !== undefined) throw unfit;
  if (ports.clock.now() - now > CREATE_TIME_LIMIT_MS) {
    // So late the workbench may have been created by another request with this key, and destroyed, meanwhile.
    throw new WorkbenchError('unavailable', 'This took too long. Try again.', { reason: 'stalled' });
  }
  // The claim is open: its first request may still be at work, or may have died before it wrote the record.
  const workbench = newWorkbench(creation, workbenchId, ports.ids.runId(), policy, now, key);
  if (!(await createRecord(ports, workbench))) return readExisting(ports, { userId, workbenchId });
  // Only who creates a record and who destroys it settle its claim.
  if ((await ports.idempotency.complete(userId, key, workbenchId, workbench.run.runId)) === 'already') {
    // Another request with this key created it, and it was destroyed before we wrote: ours must not take its place.
    await submitRequest(ports, policy, { userId, workbenchId }, () => ({ type: 'delete', by: creation.by }));
    throw workbenchDeleted();
  }
  await scheduleDrive(ports, workbench);
  return { workbench, created: true };
}

/** A write repeated after a lost answer meets its own record: the run id tells it from another's. */
async function createRecord(ports: CreatePorts, workbench: Starting): Promise<boolean> {
  if ((await ports.workbenches.create(workbench)) === 'created') return true;
  const found = await ports.workbenches.read(keyOf(workbench));
  return found !== undefined && runOf(found)?.runId === workbench.run.runId;
}

async function readExisting(ports: CreatePorts, key: WorkbenchKey): Promise<CreateResult> {
  const workbench = await ports.workbenches.read(key);
  if (workbench === undefined) throw workbenchDeleted();
  return { workbench, created: false };
}

function workbenchDeleted(): WorkbenchError {
  return new WorkbenchError(
    'workbench_deleted',
    'The workbench created with this Idempotency-Key has been destroyed since. Use a new key for a new one.',
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
  const { name, ...spec } = request;
  return {
    schemaVersion: SCHEMA_VERSION,
    userId,
    workbenchId,
    name: name ?? `wb-${workbenchId}`,
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
    outbox: [{ seq: 1, at: now, type: 'created', by, to: 'starting' }],
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
