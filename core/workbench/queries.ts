import { workbenchNotFound } from '../errors.ts';
import type { ActivityStore } from '../ports/activity-store.ts';
import type { Clock } from '../ports/clock.ts';
import { PortError } from '../ports/port-error.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import {
  HISTORY_ENTRIES_MAX,
  type HistoryStore,
  type WorkbenchPage,
  type WorkbenchStore,
} from '../ports/workbench-store.ts';
import type { HistoryEntry } from './history.ts';
import type { Workbench, WorkbenchKey } from './workbench.ts';

/**
 * Returns the record by one strongly consistent read. Frontends poll it.
 * @throws WorkbenchError `workbench_not_found`
 */
export async function getWorkbench(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'read'> },
  key: WorkbenchKey,
): Promise<Workbench> {
  const workbench = await ports.workbenches.read(key);
  if (workbench === undefined) throw workbenchNotFound();
  return workbench;
}

/** Returns a page of a user's workbenches, newest first, by one query. `limit`: 1-100. */
export async function listWorkbenches(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'listByUser'> },
  userId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<WorkbenchPage> {
  return ports.workbenches.listByUser(userId, page);
}

/**
 * Returns when a person last used each of these workbenches, milliseconds since 1970, by one read. Reads it for running
 * and stopped ones only, so that a poll of a workbench in transition stays one read. If it cannot be read, returns
 * nothing: the workbenches themselves are known.
 * @param workbenches at most ACTIVITY_READ_MAX
 */
export async function readLastActivity(
  { activity, telemetry }: ActivityPorts,
  workbenches: readonly Workbench[],
): Promise<ReadonlyMap<string, number>> {
  const settled = workbenches.filter(({ status }) => status === 'running' || status === 'stopped');
  if (settled.length === 0) return new Map();
  const ids = settled.map(({ workbenchId }) => workbenchId);
  return orReport({ telemetry }, new Map(), () => activity.read(ids));
}

/** What is known of the use of one workbench besides its record. Times in milliseconds since 1970. */
export interface KnownUse {
  /** When a person used it last. */
  readonly lastActivity?: number;
  /** A program keeps the running workbench until this time, which is in the future. */
  readonly keepaliveUntil?: number;
  readonly keepaliveReason?: string;
}

/** Does the same as `readLastActivity` for one workbench, and reads the keepalive of a running one by the same call. */
export async function readKnownUse(
  ports: KnownUsePorts & { readonly clock: Clock },
  workbench: Workbench,
): Promise<KnownUse> {
  const { workbenchId } = workbench;
  if (workbench.status !== 'running' || workbench.idle === undefined) {
    const lastActivity = (await readLastActivity(ports, [workbench])).get(workbenchId);
    return lastActivity === undefined ? {} : { lastActivity };
  }
  const { runId } = workbench.run;
  const evidence = await orReport(ports, {}, () =>
    ports.activity.readEvidence(workbenchId, runId, 'eventual'),
  );
  const { browser, keepaliveUntil = 0, keepaliveReason } = evidence;
  return {
    ...(browser === undefined ? {} : { lastActivity: browser }),
    ...(keepaliveUntil > ports.clock.now() ? { keepaliveUntil } : {}),
    ...(keepaliveUntil > ports.clock.now() && keepaliveReason !== undefined ? { keepaliveReason } : {}),
  };
}

/** Without what cannot be read the workbenches themselves are known. */
async function orReport<T>(
  { telemetry }: Pick<ActivityPorts, 'telemetry'>,
  otherwise: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    telemetry.warn('the last activity could not be read', { kind: error.kind });
    telemetry.count('activity_read_failed', 1);
    return otherwise;
  }
}

export interface KnownUsePorts extends ActivityPorts {
  readonly activity: Pick<ActivityStore, 'read' | 'readEvidence'>;
}

export interface ActivityPorts {
  readonly activity: Pick<ActivityStore, 'read'>;
  readonly telemetry: Telemetry;
}

/**
 * Returns the history, newest first, at most HISTORY_ENTRIES_MAX entries. Includes the entries that are still in the
 * record's outbox, so that a request is visible at once.
 * @throws WorkbenchError `workbench_not_found`
 */
export async function listHistory(
  ports: {
    readonly workbenches: Pick<WorkbenchStore, 'read'>;
    readonly history: Pick<HistoryStore, 'list'>;
  },
  key: WorkbenchKey,
): Promise<readonly HistoryEntry[]> {
  return listHistoryOf(ports, await getWorkbench(ports, key));
}

/** Does the same as `listHistory` for a record that the caller has just read. */
export async function listHistoryOf(
  ports: { readonly history: Pick<HistoryStore, 'list'> },
  { workbenchId, outbox }: Workbench,
): Promise<readonly HistoryEntry[]> {
  const written = await ports.history.list(workbenchId);
  const bySeq = new Map([...written, ...outbox].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, HISTORY_ENTRIES_MAX);
}
