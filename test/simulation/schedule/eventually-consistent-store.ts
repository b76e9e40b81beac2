import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import { replaceMethods } from '../invocation.ts';
import type { Kernel } from '../kernel.ts';
import type { Tape } from '../tape.ts';

/** The probability that a list or index misses an entry. */
const STALE_LIST_PROBABILITY = 0.1;
/** The maximum time in which an index may miss a new workbench, in milliseconds. */
const INDEX_PROPAGATION_MAX_MS = 10 * 60_000;
/** The probability of such a miss per read. */
const STALE_INDEX_PROBABILITY = 0.3;

export interface ConsistencyOptions {
  readonly kernel: Kernel;
  readonly tape: Tape;
  /** When each workbench was created. The clock of its id may have been wrong. */
  readonly createdAt: ReadonlyMap<string, number>;
  /** The last move of each workbench. The stores of all versions add theirs. */
  readonly moves: Map<string, { readonly at: number; readonly from: string; readonly to: string }>;
  /** Whether lists and indexes show all at present. */
  readonly isConsistent: () => boolean;
}

/** Wraps the store so that lists and indexes may miss an entry, as those of DynamoDB. */
export function eventuallyConsistentStore(
  inner: WorkbenchStore,
  { kernel, tape, createdAt, moves, isConsistent }: ConsistencyOptions,
): WorkbenchStore {
  const isListed = () => isConsistent() || !tape.chance(STALE_LIST_PROBABILITY);
  const isIndexed = (workbenchId: string) => {
    const age = kernel.now() - (createdAt.get(workbenchId) ?? 0);
    return isConsistent() || age >= INDEX_PROPAGATION_MAX_MS || !tape.chance(STALE_INDEX_PROBABILITY);
  };
  /** An index may have the key from before a move. */
  const asIndexed = (key: WorkbenchKey): WorkbenchKey => {
    const move = moves.get(key.workbenchId);
    const isStale =
      move !== undefined &&
      !isConsistent() &&
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
