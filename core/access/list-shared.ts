import type { Clock } from '../ports/clock.ts';
import type { ShareKey, ShareStore } from '../ports/share-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { UnreadableRecord, type WorkbenchStore } from '../ports/workbench-store.ts';
import { isDeleted, type Workbench } from '../workbench/workbench.ts';
import { readShared } from './find-access.ts';
import type { SharedRole } from './rights.ts';
import { bestRole, granteesOf, type ShareUser } from './shared-role.ts';

export interface ListSharedPorts {
  readonly workbenches: Pick<WorkbenchStore, 'read' | 'findByWorkbenchId' | 'findMoved'>;
  readonly shares: Pick<ShareStore, 'read' | 'listByGrantee'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface SharedWorkbench {
  readonly workbench: Workbench;
  readonly role: SharedRole;
}

export interface SharedPage {
  readonly shared: readonly SharedWorkbench[];
  /** The `after` of the next page; absent on the last. */
  readonly next?: string;
}

/** The most calls at the same time: a user may have a hundred groups, and a page a hundred workbenches. */
const CONCURRENT_CALLS_MAX = 10;

/**
 * Returns a page of the workbenches of others that are shared with the user, newest first. It may have fewer than `limit`
 * even if another page follows: shares that have expired and workbenches that are gone are left out.
 * @param page limit: 1-100; after: the `next` of the page before
 */
export async function listShared(
  ports: ListSharedPorts,
  user: ShareUser,
  { limit, after }: { readonly limit: number; readonly after?: string },
): Promise<SharedPage> {
  const page = { limit, ...(after === undefined ? {} : { after }) };
  const lists = await mapInBatches(granteesOf(user), async (grantee) => ({
    grantee,
    ids: await ports.shares.listByGrantee(grantee, page),
  }));
  const all = [...new Set(lists.flatMap(({ ids }) => ids))].sort().reverse();
  const ids = all.slice(0, limit);
  const keys = lists.flatMap(({ grantee, ids: listed }) =>
    listed.filter((id) => ids.includes(id)).map((workbenchId): ShareKey => ({ workbenchId, grantee })),
  );
  const shares = keys.length === 0 ? [] : await ports.shares.read(keys);
  const now = ports.clock.now();
  const found = await mapInBatches(ids, async (id) => {
    const own = shares.filter(({ workbenchId }) => workbenchId === id);
    const role = bestRole(own, user, now);
    if (role === undefined) return [];
    const workbench = await readOrReport(ports, id, own[0]?.ownerId);
    const isListed = workbench !== undefined && workbench.userId !== user.userId && !isDeleted(workbench);
    return isListed ? [{ workbench, role }] : [];
  });
  const last = ids.at(-1);
  const isLast = all.length <= limit && lists.every(({ ids: listed }) => listed.length < limit);
  return { shared: found.flat(), ...(isLast || last === undefined ? {} : { next: last }) };
}

/** As in the list of a user, an unreadable record is left out and reported. */
async function readOrReport(
  { workbenches, telemetry }: ListSharedPorts,
  workbenchId: string,
  ownerId: string | undefined,
): Promise<Workbench | undefined> {
  try {
    return await readShared(workbenches, workbenchId, ownerId);
  } catch (error) {
    if (!(error instanceof UnreadableRecord)) throw error;
    telemetry.error('record is unreadable; left out of the list', { workbenchId }, error);
    telemetry.count('unreadable_record', 1);
    return undefined;
  }
}

async function mapInBatches<T, R>(values: readonly T[], map: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < values.length; start += CONCURRENT_CALLS_MAX)
    results.push(...(await Promise.all(values.slice(start, start + CONCURRENT_CALLS_MAX).map(map))));
  return results;
}
