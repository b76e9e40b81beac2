import { WorkbenchError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { SHARES_MAX, type Share, type ShareStore } from '../ports/share-store.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { type Grantee, granteeKey } from './grantee.ts';
import type { SharedRole } from './rights.ts';
import { isInForce } from './shared-role.ts';

export interface NewShare {
  readonly grantee: Grantee;
  readonly role: SharedRole;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** The caller, as the history names it. */
  readonly by: string;
}

/** `Retry-After` of a request beyond the maximum, in seconds. A share must be taken back first. */
const MAXIMUM_RETRY_AFTER_SECONDS = 60;

/**
 * Returns the share that a request wants, after every check. The caller records it in the audit and then stores it.
 * @throws WorkbenchError `deleting`; `too_many_requests` (`share_limit`)
 */
export async function checkShare(
  { shares, clock }: { readonly shares: Pick<ShareStore, 'listByWorkbench'>; readonly clock: Clock },
  { workbenchId, userId, status }: Workbench,
  { grantee, role, expiresAt, by }: NewShare,
): Promise<Share> {
  if (status === 'deleting') throw new WorkbenchError('deleting', 'The workbench is being deleted.');
  const now = clock.now();
  const others = (await shares.listByWorkbench(workbenchId)).filter(
    (share) => isInForce(share, now) && granteeKey(share.grantee) !== granteeKey(grantee),
  );
  if (others.length >= SHARES_MAX) {
    throw new WorkbenchError(
      'too_many_requests',
      `A workbench may have ${SHARES_MAX} shares. Take one back before you add another, or share it with a group.`,
      { reason: 'share_limit', retryAfterSeconds: MAXIMUM_RETRY_AFTER_SECONDS },
    );
  }
  return {
    workbenchId,
    grantee,
    role,
    ownerId: userId,
    createdBy: by,
    createdAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Returns the shares of a workbench that are in force, sorted by the key of the grantee. */
export async function listShares(
  { shares, clock }: { readonly shares: Pick<ShareStore, 'listByWorkbench'>; readonly clock: Clock },
  workbenchId: string,
): Promise<readonly Share[]> {
  const now = clock.now();
  const found = (await shares.listByWorkbench(workbenchId)).filter((share) => isInForce(share, now));
  return found.toSorted((a, b) => (granteeKey(a.grantee) < granteeKey(b.grantee) ? -1 : 1));
}
