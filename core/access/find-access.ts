import { WorkbenchError, workbenchNotFound } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ShareStore } from '../ports/share-store.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { findIndexedRecord } from '../workbench/find-record.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import type { ActingUser } from './acting-user.ts';
import { type ActingRole, type Action, mayDo } from './rights.ts';
import { bestRole, granteesOf } from './shared-role.ts';

export interface AccessPorts {
  readonly workbenches: Pick<WorkbenchStore, 'read' | 'findByWorkbenchId' | 'findMoved'>;
  readonly shares: Pick<ShareStore, 'read'>;
  readonly clock: Clock;
}

/** The workbench of a request, and the role in which the acting user acts on it. */
export interface Access {
  readonly role: ActingRole;
  readonly workbench: Workbench;
}

/**
 * Finds the workbench and the role of the user. Undefined if there is no such workbench, the user has no role at it, or it is
 * deleted. For the owner it is one read of the record. For others also one read of shares, and one of the record of the owner
 * that the share names.
 * @param withDeleted whether the owner and administrators find it although it is deleted. Shares give nothing at it
 */
export async function findAccess(
  ports: AccessPorts,
  user: ActingUser,
  workbenchId: string,
  withDeleted = false,
): Promise<Access | undefined> {
  const access = await findAnyAccess(ports, user, workbenchId);
  if (access === undefined || !isDeleted(access.workbench)) return access;
  return withDeleted && mayDo(access.role, 'delete') ? access : undefined;
}

async function findAnyAccess(
  { workbenches, shares, clock }: AccessPorts,
  user: ActingUser,
  workbenchId: string,
): Promise<Access | undefined> {
  const own = await workbenches.read({ userId: user.userId, workbenchId });
  if (own !== undefined) return { role: 'owner', workbench: own };
  if (user.administrator) {
    const workbench = await findIndexedRecord(workbenches, workbenchId);
    return workbench === undefined ? undefined : { role: 'administrator', workbench };
  }
  const found = await shares.read(granteesOf(user).map((grantee) => ({ workbenchId, grantee })));
  const role = bestRole(found, user, clock.now());
  if (role === undefined) return undefined;
  const workbench = await readShared(workbenches, workbenchId, found[0]?.ownerId);
  return workbench === undefined ? undefined : { role, workbench };
}

/** What a request wants to do, and what the caller wants to know of it, even if it is refused. */
export interface RequestedAction {
  readonly action: Action;
  /** As for `findAccess`. @default false */
  readonly withDeleted?: boolean;
  /** Called with the owner of the workbench, as soon as it is known. */
  readonly onFound?: (ownerId: string) => void;
  /** Called if the 404 hides the workbench of another user. */
  readonly onHidden?: () => void;
}

/**
 * Finds the workbench for an action of the user.
 * @throws WorkbenchError `workbench_not_found` if the user has no role at it; `forbidden` (`role_insufficient`) if its role
 *   does not include the action
 */
export async function authorizeAction(
  ports: AccessPorts,
  user: ActingUser,
  workbenchId: string,
  { action, withDeleted, onFound, onHidden }: RequestedAction,
): Promise<Access> {
  const access = await findAccess(ports, user, workbenchId, withDeleted);
  if (access === undefined) {
    const ownerId = (await ports.workbenches.findByWorkbenchId(workbenchId))?.userId;
    // The index may still list a workbench that its owner has deleted.
    if (ownerId !== undefined && ownerId !== user.userId) {
      onFound?.(ownerId);
      onHidden?.();
    }
    throw workbenchNotFound();
  }
  onFound?.(access.workbench.userId);
  if (mayDo(access.role, action)) return access;
  throw new WorkbenchError(
    'forbidden',
    `The workbench is shared with you in the role ${access.role}, which does not include this. Ask its owner.`,
    { reason: 'role_insufficient', detail: `${action} needs another role than ${access.role}` },
  );
}

/**
 * Reads a workbench that a known share names.
 * @param ownerId as the share names it
 */
export async function readShared(
  workbenches: AccessPorts['workbenches'],
  workbenchId: string,
  ownerId: string | undefined,
): Promise<Workbench | undefined> {
  const named = ownerId === undefined ? undefined : await workbenches.read({ userId: ownerId, workbenchId });
  // The workbench may have another owner since it was shared.
  return named ?? findIndexedRecord(workbenches, workbenchId);
}
