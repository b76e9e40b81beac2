import { type CheckChangeDeadline, startChangeDeadline } from '../change-deadline.ts';
import { invalidRequest, WorkbenchError, workbenchNotFound } from '../errors.ts';
import type { ShareStore } from '../ports/share-store.ts';
import type { IdempotencyStore, WorkbenchStore } from '../ports/workbench-store.ts';
import { heldBy } from '../quotas/held.ts';
import { holdQuota } from '../quotas/hold-quota.ts';
import { findIndexedRecord } from './find-record.ts';
import type { Request } from './lifecycle/inputs.ts';
import { offeredTo } from './lifecycle/owner.ts';
import type { Policy } from './lifecycle/policy.ts';
import { lifecycle } from './lifecycle/step.ts';
import { type QueuePorts, type RecordPorts, settleLost, submitRequest } from './update-record.ts';
import { countStart, NO_START_LIMIT, type StartLimit, type StartLimitPorts } from './user-limits.ts';
import { isDeleted, keyOf, type Workbench, type WorkbenchKey } from './workbench.ts';

export interface OfferPorts extends RecordPorts, QueuePorts {
  readonly workbenches: WorkbenchStore;
}

export interface MovePorts extends OfferPorts, StartLimitPorts {
  readonly workbenches: WorkbenchStore;
  readonly idempotency: Pick<IdempotencyStore, 'complete'>;
  readonly shares: Pick<ShareStore, 'delete'>;
}

export interface AcceptOptions {
  /** @default no limit */
  readonly limits?: StartLimit;
  /** The groups that the caller proves of the next owner. Undefined: none is proved. */
  readonly groups?: readonly string[] | undefined;
  readonly onHidden?: OnHidden;
}

/** Called with the owner if the 404 hides a workbench that is not offered to the user, for the audit. */
export type OnHidden = (ownerId: string) => void;

/**
 * Records the change in the audit. Called after every check and before the change, even if the request changes nothing
 * because an earlier attempt has made the change. Throws if the change must not be made.
 */
export type RecordChange = (workbench: Workbench) => Promise<void>;

/**
 * Offers the workbench to another user, who may accept within OFFER_VALID_MS. It stays the owner's until then. An earlier
 * offer ends.
 * @param found the record as the caller has read it
 * @throws WorkbenchError `workbench_not_found`, `invalid_request` if the user owns it, `deleting`, `unavailable`
 */
export async function offerWorkbench(
  ports: OfferPorts,
  policy: Policy,
  found: Workbench,
  to: string,
  by: string,
  record: RecordChange,
): Promise<Workbench> {
  if (to === found.userId) throw ownedAlready();
  return submitRecorded(ports, policy, found, { type: 'offer', to, by }, record);
}

/**
 * Ends the offer: for the owner of the workbench, or for the user to whom it is offered. Changes nothing if the owner has
 * made none.
 * @throws WorkbenchError `workbench_not_found`, also for a user who is neither; `unavailable`
 */
export async function withdrawOffer(
  ports: OfferPorts,
  policy: Policy,
  key: WorkbenchKey,
  by: string,
  record: RecordChange,
  onHidden?: OnHidden,
): Promise<Workbench> {
  const owned = await ports.workbenches.read(key);
  if (owned !== undefined)
    return submitRecorded(ports, policy, owned, { type: 'withdraw_offer', by }, record);
  const found = await findOffered(ports, key, onHidden);
  return submitRecorded(ports, policy, found, { type: 'withdraw_offer', to: key.userId, by }, record);
}

/**
 * Gives the workbench to another user at once, for a caller who may do so without an offer. Changes nothing if the user
 * owns it already.
 * @param found the record as the caller has read it
 * @throws WorkbenchError `workbench_not_found`, `not_stopped`, `deleting`, `quota_exceeded`, `too_many_requests`,
 *   `unavailable`
 */
export async function moveWorkbench(
  ports: MovePorts,
  policy: Policy,
  found: Workbench,
  to: string,
  by: string,
  record: RecordChange,
  limits: StartLimit = NO_START_LIMIT,
): Promise<Workbench> {
  const checkDeadline = startChangeDeadline(ports.clock);
  if (found.userId === to) return ownedBefore(ports, found, record);
  return move(ports, policy, found, { to, accepted: false, by }, record, checkDeadline, { limits });
}

/**
 * Accepts an offer: the workbench gets the user of the key as its owner. Changes nothing if the user owns it already.
 * @throws WorkbenchError `workbench_not_found` if it is not offered to this user, `not_stopped`, `deleting`,
 *   `quota_exceeded`, `too_many_requests`, `unavailable`
 */
export async function acceptWorkbench(
  ports: MovePorts,
  policy: Policy,
  { userId, workbenchId }: WorkbenchKey,
  by: string,
  record: RecordChange,
  options: AcceptOptions = {},
): Promise<Workbench> {
  const checkDeadline = startChangeDeadline(ports.clock);
  const owned = await ports.workbenches.read({ userId, workbenchId });
  if (owned !== undefined) return ownedBefore(ports, owned, record);
  const found = await findOffered(ports, { userId, workbenchId }, options.onHidden);
  return move(ports, policy, found, { to: userId, accepted: true, by }, record, checkDeadline, options);
}

/** Reads the record of a workbench that is offered to the user. @throws WorkbenchError `workbench_not_found` */
async function findOffered(
  { workbenches, clock }: OfferPorts,
  { userId, workbenchId }: WorkbenchKey,
  onHidden: OnHidden | undefined,
): Promise<Workbench> {
  const found = await findIndexedRecord(workbenches, workbenchId);
  if (found !== undefined && offeredTo(found, clock.now()) === userId) return found;
  if (found !== undefined) onHidden?.(found.userId);
  throw workbenchNotFound();
}

async function move(
  ports: MovePorts,
  policy: Policy,
  found: Workbench,
  request: { readonly to: string; readonly accepted: boolean; readonly by: string },
  record: RecordChange,
  checkDeadline: CheckChangeDeadline,
  { limits = NO_START_LIMIT, groups }: AcceptOptions,
): Promise<Workbench> {
  const input = { type: 'move', ...request } as const;
  const { userId, workbenchId, idempotencyKey } = found;
  let isHeld = false;
  const change = async (workbench: Workbench) => {
    await countStart(ports, limits, request.to);
    checkDeadline();
    await holdQuota(ports, policy.quotas, {
      user: { userId: request.to, groups },
      workbenchId,
      revision: workbench.revision + 1,
      held: heldBy(workbench),
    });
    isHeld = true;
    await record(workbench);
    // It gave nothing to the owner, and must give nothing to the earlier owner.
    await ports.shares.delete({ workbenchId, grantee: { kind: 'user', userId } });
    // A create request that was interrupted must not create this workbench again for the earlier owner.
    if (idempotencyKey !== undefined)
      await ports.idempotency.complete(userId, idempotencyKey, workbenchId, 'move');
  };
  try {
    const moved = await submitRecorded(ports, policy, found, input, change, groups);
    await dropOwnShare(ports, moved);
    return moved;
  } catch (error) {
    if (isHeld && error instanceof WorkbenchError) await giveBackHold(ports, found, request.to);
    throw error;
  }
}

/**
 * Corrects the ledger of a user who did not become the owner, because the workbench was started or moved meanwhile. The entry
 * stays while the record is as it was read: another attempt may have the same entry, and may still write the record.
 */
async function giveBackHold(ports: MovePorts, found: Workbench, to: string): Promise<void> {
  const current = await ports.workbenches.read(keyOf(found));
  if (current?.revision === found.revision) return;
  await settleLost(ports, { ...found, userId: to, revision: found.revision + 1 });
}

/** An owner needs no share. */
async function dropOwnShare({ shares }: MovePorts, { userId, workbenchId }: Workbench): Promise<void> {
  await shares.delete({ workbenchId, grantee: { kind: 'user', userId } });
}

/** Submits a request that the life cycle allows for the record that was read; `record` is called before the change. */
async function submitRecorded(
  ports: OfferPorts,
  policy: Policy,
  found: Workbench,
  request: Request,
  record: RecordChange,
  groups?: readonly string[],
): Promise<Workbench> {
  lifecycle(policy)(found, request, ports.clock.now());
  await record(found);
  return submitRequest(ports, policy, keyOf(found), () => request, found, groups);
}

/** An earlier attempt of the request moved the workbench, and may have ended right after. */
async function ownedBefore(ports: MovePorts, workbench: Workbench, record: RecordChange): Promise<Workbench> {
  if (isDeleted(workbench)) throw workbenchNotFound();
  await record(workbench);
  await dropOwnShare(ports, workbench);
  return workbench;
}

function ownedAlready() {
  return invalidRequest({ owner: 'another user than the owner' });
}
