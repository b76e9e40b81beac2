import type { ClusterCleanup } from '../ports/cluster-cleanup.ts';
import type { DefinedWorkbench } from '../ports/task-runner.ts';
import type { WorkbenchStore } from '../ports/workbench-store.ts';
import { taskMemoryOf } from '../workbench/host-state.ts';
import { runOf, type Workbench } from '../workbench/workbench.ts';
import { readRecord } from './repair.ts';
import type { DefinitionProgress, ReportDraft } from './report.ts';
import { isThrottled, pagesOf, type SweepPorts } from './sweep.ts';

interface Ports extends Omit<SweepPorts, 'reports'> {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'findMoved' | 'read'>;
  readonly cleanup: Pick<
    ClusterCleanup,
    'definitionSettings' | 'registerAhead' | 'listWorkbenchesWithDefinitions'
  >;
}

/** Maximum registrations in one sweep. At one in two seconds they take less than 7 minutes; the next sweep begins after ten. */
export const REGISTER_MAX = 200;

/** No workbench is examined after this time; milliseconds since the sweep began. The next sweep begins a minute later. */
const WITHIN_MS = 9 * 60_000;

/**
 * After a change of the settings, registers the task definitions of all workbenches that have been started before.
 * Otherwise the next start of each would register its own, and ECS allows one registration per second. Continues where the
 * last sweep stopped, and does nothing once all are registered.
 *
 * A workbench may be deleted between the read of its record and the registration. Its new definition is then deregistered
 * like any other of a deleted workbench.
 * @param last the progress of the last sweep
 * @throws PortError if the table or the list is unavailable, or if a call is throttled; the progress in the draft says
 *   where the next sweep continues
 */
export async function registerAhead(
  ports: Ports,
  last: DefinitionProgress | undefined,
  draft: ReportDraft,
): Promise<void> {
  const settings = ports.cleanup.definitionSettings();
  const progress = last?.settings === settings ? last : { settings, done: false };
  draft.definitions = progress;
  if (progress.done) return;
  let registered = 0;
  const isOver = () => registered >= REGISTER_MAX || ports.clock.now() - draft.startedAt >= WITHIN_MS;
  const list = async (cursor?: string): ReturnType<ClusterCleanup['listWorkbenchesWithDefinitions']> => {
    try {
      return await ports.cleanup.listWorkbenchesWithDefinitions(cursor);
    } catch (error) {
      if (cursor === undefined || cursor !== progress.cursor || isThrottled(error)) throw error;
      // It is ten minutes old, and AWS does not document how long it is valid.
      ports.telemetry.warn('registrations begin again: the stored cursor failed', { cause: String(error) });
      const first = await ports.cleanup.listWorkbenchesWithDefinitions();
      draft.definitions = { settings, done: false };
      return first;
    }
  };
  // After an error, the next sweep continues with the page that failed.
  try {
    for await (const { workbenchIds, cursor } of pagesOf(list, progress.cursor)) {
      for (const workbenchId of workbenchIds) {
        if (isOver()) {
          draft.add(workbenchId, 'deferred', 'The next sweep registers the remaining task definitions.');
          return;
        }
        if (await registerIfStale(ports, workbenchId, draft)) registered += 1;
      }
      draft.definitions = {
        settings,
        done: cursor === undefined,
        ...(cursor === undefined ? {} : { cursor }),
      };
    }
  } finally {
    if (registered > 0) ports.telemetry.count('definitions_registered_ahead', registered);
  }
}

/**
 * Returns whether a task definition was registered.
 * @throws PortError if the table is unavailable, or if a call is throttled
 */
async function registerIfStale(ports: Ports, workbenchId: string, draft: ReportDraft): Promise<boolean> {
  const key = await ports.workbenches.findByWorkbenchId(workbenchId);
  const record = key && (await readRecord(ports, key, draft, workbenchId));
  if (record === undefined || record === 'unreadable') return false;
  const next = nextDefinitionOf(record);
  if (next === undefined) return false;
  try {
    return (await ports.cleanup.registerAhead(next)) === 'registered';
  } catch (error) {
    if (isThrottled(error)) throw error;
    draft.add(workbenchId, 'failed', 'Its task definition could not be registered.');
    ports.telemetry.error('could not register a task definition', { workbenchId }, error);
    return false;
  }
}

/** What the next start would register; undefined if there is none, if one is in progress, or if it is not known yet. */
function nextDefinitionOf(workbench: Workbench): DefinedWorkbench | undefined {
  const { workbenchId, mount, host, spec } = workbench;
  const run = runOf(workbench);
  if (mount === undefined || workbench.status === 'deleting') return undefined;
  if (run !== undefined && run.phase !== 'accepted') return undefined;
  // Its task gets the memory of a host that has not joined the cluster yet.
  if (spec.dedicatedInstanceType !== undefined && host?.memoryMib === undefined) return undefined;
  return { workbenchId, mount, memoryMib: taskMemoryOf(workbench) };
}
