import type { HostFleet, HostObservation } from '../ports/host-fleet.ts';
import type { Policy } from '../workbench/lifecycle/policy.ts';
import type { QueuePorts, RecordPorts } from '../workbench/update-record.ts';
import type { Workbench } from '../workbench/workbench.ts';
import { deleteOrphans, type Orphan, type SweepSettings } from './orphans.ts';
import { appendToHistory, readRecord, repairOrReport } from './repair.ts';
import type { ReconcileReport, ReportDraft } from './report.ts';
import { forEachPage, runSweep, type SweepPorts } from './sweep.ts';

type Ports = RecordPorts &
  QueuePorts &
  SweepPorts & { readonly hosts: Pick<HostFleet, 'list' | 'describe' | 'terminate'> };

/** Two sweeps share the five minutes of a function. */
const PAGING = { withinMs: 90_000, resumable: true };
const DELETION_TIME_LIMIT_MS = 140_000;

/** Every dedicated machine of ours, stopped ones too (they cost their disks), held against the record it names. */
export async function sweepHosts(
  ports: Ports,
  policy: Policy,
  settings: SweepSettings,
): Promise<ReconcileReport> {
  return runSweep(ports, 'hosts', async (draft) => {
    const orphans: Orphan[] = [];
    const list = (cursor?: string) => ports.hosts.list(cursor);
    await forEachPage(ports, 'hosts', PAGING, draft, list, async ({ hosts }) => {
      for (const host of hosts) {
        draft.checked += 1;
        const orphan = await checkHost(ports, policy, host, draft);
        if (orphan) orphans.push(orphan);
      }
    });
    await deleteOrphans(ports, { ...settings, deletionTimeLimitMs: DELETION_TIME_LIMIT_MS }, orphans, draft);
  });
}

async function checkHost(
  ports: Ports,
  policy: Policy,
  host: HostObservation,
  draft: ReportDraft,
): Promise<Orphan | undefined> {
  if (host.state === 'shutting-down' || host.state === 'terminated') return undefined;
  const record = await readRecordOf(ports, host, draft);
  if (record === 'unreadable') return undefined;
  if (record !== undefined && refersTo(record, host)) {
    await repairFromHost(ports, policy, record, host, draft);
    return undefined;
  }
  return toOrphan(ports, policy, record, host, draft);
}

async function readRecordOf(
  ports: Ports,
  { instanceId, workbenchId, userId }: HostObservation,
  draft: ReportDraft,
): Promise<Workbench | undefined | 'unreadable'> {
  if (workbenchId === undefined || userId === undefined) return undefined;
  return readRecord(ports, { userId, workbenchId }, draft, instanceId);
}

/** A launch whose answer was lost is resolved by the record itself, with the token it launched under. */
function refersTo({ host }: Workbench, { instanceId }: HostObservation): boolean {
  return host !== undefined && (host.instanceId === undefined || host.instanceId === instanceId);
}

function toOrphan(
  ports: Ports,
  policy: Policy,
  first: Workbench | undefined,
  host: HostObservation,
  draft: ReportDraft,
): Orphan {
  const { instanceId, workbenchId } = host;
  let record = first;
  return {
    id: instanceId,
    createdAt: host.launchedAt,
    why: first ? `Its workbench ${workbenchId} uses another.` : `Its workbench ${workbenchId} is no more.`,
    kind: 'orphan_host',
    recheck: async () => {
      const now = await readRecordOf(ports, host, draft);
      if (now === 'unreadable') return 'skip';
      record = now;
      return record !== undefined && refersTo(record, host) ? 'referenced' : 'orphaned';
    },
    delete: async () => {
      await ports.hosts.terminate(instanceId);
      if (record !== undefined) await recordTermination(ports, policy, record, instanceId);
      return { what: 'deleted' };
    },
  };
}

/** The machine has been ended, whether this is told or not: it is the history alone that may lack it. */
async function recordTermination(
  ports: Ports,
  policy: Policy,
  record: Workbench,
  instanceId: string,
): Promise<void> {
  try {
    await appendToHistory(ports, policy, record, 'orphan_host_terminated');
  } catch (error) {
    const { workbenchId } = record;
    ports.telemetry.error('could not add a repair to the history', { workbenchId, id: instanceId }, error);
  }
}

/** What was listed is older than the record: where they differ, what is asked now decides. */
async function repairFromHost(
  ports: Ports,
  policy: Policy,
  record: Workbench,
  listed: HostObservation,
  draft: ReportDraft,
): Promise<void> {
  const { host, revision } = record;
  const { instanceId } = listed;
  if (host?.instanceId === undefined) return;
  if (host.state === listed.state && host.agentConnected === listed.agentConnected) return;
  const [seen] = await ports.hosts.describe([instanceId]);
  if (seen === undefined) return;
  const observation = { type: 'host_observed', host: seen, asOfRevision: revision } as const;
  const done = await repairOrReport(ports, policy, record, observation, draft, instanceId);
  if (done?.repair !== undefined)
    draft.add(instanceId, 'repaired', `It is ${seen.state}; its workbench thought otherwise.`, done.repair);
}
